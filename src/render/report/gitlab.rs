//! The numbers that GitLab shows in a merge request, read from an artifact of type `terraform`.

use super::content::Report;
use super::format::{Depth, ReportFormat};
use super::json::keys;

pub const GITLAB: ReportFormat = ReportFormat {
    name: "gitlab",
    depth: Depth::Numbers,
    render: render_gitlab,
    recognizes: |text| keys(text) == ["create", "delete", "update"],
};

/// `update` counts versions to publish and permissions to change; `lls` plans no deletions.
fn render_gitlab(report: &Report<'_>) -> String {
    let counts = report.counts();
    let (create, update) = (
        counts.create,
        counts.publish + counts.permission + counts.parameters,
    );
    format!("{{\"create\":{create},\"update\":{update},\"delete\":0}}\n")
}
