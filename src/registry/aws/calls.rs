//! Sends requests at a modest rate, and again where that is safe. The SDK's own repetitions are off: it repeats a
//! publish, and does not hear what the server says about when to come back.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use leaky_bucket::RateLimiter;
use tokio::time::Instant;

use super::errors::{Outcome, kind_of};
use super::limits;
use super::requests::ATTEMPT;
use crate::layer::AccountId;
use crate::registry::{RegistryErrorKind, RequestLimits};

/// How often a request is sent at most where nothing usable comes back.
const ATTEMPTS: u32 = 6;

/// The timers of the runtime know nothing shorter.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// After which failures a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// After all that may pass: to carry it out twice changes nothing more than to do it once.
    Safe,
    /// The same, but only once: what is asked for can be done without.
    Once,
    /// Only where the server said that it did not look at it.
    Unsafe,
}

/// How a request is sent.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    pub repeat: Repeat,
    /// How long an attempt may take.
    pub attempt: Duration,
}

/// All requests to one service in one region.
pub(super) struct Calls {
    limits: RequestLimits,
    bucket: RateLimiter,
    /// Before this time no request is sent, because the server asked for it.
    resume: Mutex<Option<Instant>>,
}

/// The requests to Lambda of this process, by account and region.
static LAMBDA: Mutex<BTreeMap<(AccountId, String), Arc<Calls>>> = Mutex::new(BTreeMap::new());

impl Calls {
    /// The requests to Lambda in one account and region: targets that share these share their rate.
    pub fn to_lambda(account: &AccountId, region: &str, limits: RequestLimits) -> Arc<Self> {
        let mut known = LAMBDA.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = known
            .entry((account.clone(), region.to_owned()))
            .or_insert_with(|| Arc::new(Self::new(limits)));
        Arc::clone(calls)
    }

    pub fn new(limits: RequestLimits) -> Self {
        let bucket = RateLimiter::builder()
            .max(1)
            .initial(1)
            .refill(1)
            .interval((Duration::from_secs(1) / limits.rate.get()).max(SHORTEST_INTERVAL))
            .build();
        Self {
            limits,
            bucket,
            resume: Mutex::new(None),
        }
    }

    /// Sends what `request` makes, until it is answered, refused, or not worth it any more. An attempt has the usual
    /// time.
    pub async fn send<T, E, F>(&self, repeat: Repeat, request: impl Fn() -> F) -> Outcome<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.send_as(self.usual(repeat), request).await
    }

    /// The same for requests whose attempts may take another time.
    pub async fn send_as<T, E, F>(&self, sending: Sending, request: impl Fn() -> F) -> Outcome<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.send_to(sending, request, kind_of).await
    }

    /// The same for a service whose errors `kind` understands.
    pub async fn send_to<T, E, F>(
        &self,
        sending: Sending,
        request: impl Fn() -> F,
        kind: impl Fn(SdkError<E, HttpResponse>) -> RegistryErrorKind,
    ) -> Outcome<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.repeated(sending, || async {
            request().await.map_err(|error| {
                let asked = error.raw_response().and_then(retry_after);
                (kind(error), asked)
            })
        })
        .await
    }

    /// All pages of a list: `request` makes the one behind a marker, in which `next` finds the marker of the next one.
    pub async fn pages<T, E, F>(
        &self,
        request: impl Fn(Option<String>) -> F,
        next: impl Fn(&T) -> Option<&str>,
    ) -> Outcome<Vec<T>>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (mut pages, mut marker) = (Vec::new(), None);
        loop {
            let page = self.send(Repeat::Safe, || request(marker.clone())).await?;
            marker = next(&page)
                .filter(|marker| !marker.is_empty())
                .map(str::to_owned);
            pages.push(page);
            if marker.is_none() {
                return Ok(pages);
            }
        }
    }

    /// Attempts that take no longer than those of most requests.
    pub fn usual(&self, repeat: Repeat) -> Sending {
        let attempt = self.limits.timeout;
        Sending { repeat, attempt }
    }

    /// The same for requests that the SDK does not make; their failures come with the wait that the server asked for.
    pub async fn repeated<T, F>(&self, sending: Sending, request: impl Fn() -> F) -> Outcome<T>
    where
        F: Future<Output = Result<T, (RegistryErrorKind, Option<Duration>)>>,
    {
        self.turn().await;
        let started = Instant::now();
        for attempt in 0.. {
            let sent = ATTEMPT.scope(attempt + 1, request());
            let (kind, asked) = match sent.await {
                Ok(output) => return Ok(output),
                Err(failure) => failure,
            };
            let pause = asked.unwrap_or_else(|| limits::pause(attempt, fastrand::f64()));
            // A server may ask for any wait.
            let resumed = started.elapsed().saturating_add(pause);
            let late = resumed >= limits::deadline(sending.attempt);
            if late || !may_repeat(&kind, sending.repeat, attempt + 1) {
                return Err(kind);
            }
            tracing::debug!(%kind, ?pause, "waiting to send a request again");
            match asked {
                Some(asked) => self.hold(asked),
                None => tokio::time::sleep(pause).await,
            }
            self.turn().await;
        }
        unreachable!("the attempts end with a return")
    }

    /// Waits until it is this request's turn.
    async fn turn(&self) {
        loop {
            let resume = *self.resume.lock().unwrap_or_else(PoisonError::into_inner);
            match resume.filter(|resume| *resume > Instant::now()) {
                Some(resume) => tokio::time::sleep_until(resume).await,
                None => break,
            }
        }
        self.bucket.acquire_one().await;
    }

    /// Sends nothing for a while: what one request is told holds for all.
    fn hold(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut resume = self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        *resume = Some(resume.map_or(until, |known| known.max(until)));
    }
}

fn may_repeat(kind: &RegistryErrorKind, repeat: Repeat, attempts: u32) -> bool {
    match kind {
        RegistryErrorKind::Throttled(_) => true,
        kind if kind.is_ambiguous() => match repeat {
            Repeat::Safe => attempts < ATTEMPTS,
            Repeat::Once => attempts < 2,
            Repeat::Unsafe => false,
        },
        _ => false,
    }
}

/// The wait that a reply asks for, in whole seconds, as AWS sends it (RFC 9110, 10.2.3).
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_not_looked_at_is_repeated_where_that_is_unsafe() {
        let throttled = RegistryErrorKind::Throttled(String::new());
        let lost = RegistryErrorKind::Unreachable(String::new());
        let denied = RegistryErrorKind::AccessDenied(String::new());
        for (kind, repeat, expected) in [
            (&throttled, Repeat::Unsafe, true),
            (&lost, Repeat::Unsafe, false),
            (&lost, Repeat::Safe, true),
            (&denied, Repeat::Safe, false),
        ] {
            assert_eq!(may_repeat(kind, repeat, 1), expected, "{kind} {repeat:?}");
        }
        assert!(!may_repeat(&lost, Repeat::Safe, ATTEMPTS));
        assert!(may_repeat(&lost, Repeat::Once, 1) && !may_repeat(&lost, Repeat::Once, 2));
        assert!(may_repeat(&throttled, Repeat::Safe, ATTEMPTS));
    }

    #[test]
    fn one_account_and_region_has_one_rate() {
        let of = |account: &str, region| {
            let account = account.parse().unwrap();
            Calls::to_lambda(&account, region, RequestLimits::default())
        };
        let calls = of("111111111111", "eu-west-1");
        assert!(Arc::ptr_eq(&calls, &of("111111111111", "eu-west-1")));
        assert!(!Arc::ptr_eq(&calls, &of("222222222222", "eu-west-1")));
        assert!(!Arc::ptr_eq(&calls, &of("111111111111", "eu-west-2")));
    }
}
