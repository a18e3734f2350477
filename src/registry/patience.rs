//! Waiting for what was changed to be seen: AWS may answer reads for a while as if nothing had happened.

use std::time::Duration;

use tokio::time::Instant;

use super::ReadRegistry;

/// How often is looked while a change settles.
const LOOKS: u32 = 8;

/// The longest time between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The time that a change has to settle, running from when this was made.
pub struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    /// The patience that `registry` needs: none where changes are seen at once.
    pub fn of(registry: &dyn ReadRegistry) -> Self {
        let time = registry.settle_time();
        Self {
            until: Instant::now() + time,
            pause: (time / LOOKS).min(LONGEST_PAUSE),
        }
    }

    /// Waits before the next look; `false`, at once, where the time is over.
    pub async fn wait(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.until {
            return false;
        }
        tokio::time::sleep_until(self.until.min(now + self.pause)).await;
        true
    }
}
