//! Options of `lls doctor`.

use clap::Args;

use super::groups::{FormatOption, LayerOptions};

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  lls doctor                           the default target
  lls doctor --target production       another target
  lls doctor --plan-only               in a job that only runs `lls plan`

Nothing is changed. To find out whether a role may publish, `lls` sends what Lambda must refuse:
an archive that is not a ZIP, and grants for a version that does not exist.";

/// Options of `lls doctor`.
#[derive(Debug, Args)]
pub struct DoctorOptions {
    #[command(flatten)]
    pub layers: LayerOptions,
    #[command(flatten)]
    pub format: FormatOption,
    /// Check only what `lls plan` needs
    #[arg(long)]
    pub plan_only: bool,
}
