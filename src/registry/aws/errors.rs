//! From the SDK's errors to the registry's vocabulary. Outputs and requests never get into a message.

use std::error::Error;

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};

use crate::registry::RegistryErrorKind;
pub(super) use crate::registry::error::Outcome;

/// What an error of any call of any service means.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(super) fn kind_of<E>(error: SdkError<E, HttpResponse>) -> RegistryErrorKind
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match &error {
        SdkError::ServiceError(service) => {
            let metadata = service.err().meta();
            let status = service.raw().status().as_u16();
            let message = metadata.message().unwrap_or("no message");
            match metadata.code() {
                _ if status == 429 => RegistryErrorKind::Throttled(message.to_owned()),
                Some("SlowDown") => RegistryErrorKind::Throttled(message.to_owned()),
                Some(code) if status >= 500 => RegistryErrorKind::ServerError {
                    code: code.to_owned(),
                    message: message.to_owned(),
                },
                Some(code) => kind_of_code(code, message),
                // AWS names its errors: somebody else answered, or what it said was lost.
                None => RegistryErrorKind::Unreachable(format!("HTTP status {status}")),
            }
        }
        SdkError::TimeoutError(_) => {
            RegistryErrorKind::Unreachable("the request timed out".to_owned())
        }
        SdkError::DispatchFailure(failure) => {
            let cause = failure.as_connector_error().map(|error| innermost(error));
            RegistryErrorKind::Unreachable(
                cause.unwrap_or_else(|| "the request could not be sent".to_owned()),
            )
        }
        SdkError::ResponseError(_) => {
            RegistryErrorKind::Unreachable("the reply cannot be understood".to_owned())
        }
        _ => RegistryErrorKind::Unreachable("the request could not be made".to_owned()),
    }
}

/// What the name of an error means, over all services (Lambda API reference, "Common errors").
pub(super) fn kind_of_code(code: &str, message: &str) -> RegistryErrorKind {
    let text = message.to_owned();
    match code {
        "RequestTimeTooSkewed" | "RequestExpired" => RegistryErrorKind::ClockSkew(text),
        // The only sign that Lambda gives of a wrong clock are these words.
        "InvalidSignatureException" | "SignatureDoesNotMatch"
            if text.contains("Signature expired") || text.contains("not yet current") =>
        {
            RegistryErrorKind::ClockSkew(text)
        }
        "AccessDeniedException" | "AccessDenied" => RegistryErrorKind::AccessDenied(text),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "MissingAuthenticationTokenException" => RegistryErrorKind::BadCredentials(text),
        "ResourceNotFoundException" => RegistryErrorKind::NotFound(text),
        "ResourceConflictException" | "ParameterAlreadyExists" => RegistryErrorKind::Exists(text),
        "PreconditionFailedException" => RegistryErrorKind::Changed(text),
        "TooManyUpdates" | "TooManyRequestsException" | "ThrottlingException" | "Throttling" => {
            RegistryErrorKind::Throttled(text)
        }
        "RequestEntityTooLargeException" => RegistryErrorKind::TooLarge(text),
        _ => RegistryErrorKind::Refused {
            code: code.to_owned(),
            message: text,
        },
    }
}

/// An answer without a field that every answer has.
pub(super) fn missing(field: &str) -> RegistryErrorKind {
    RegistryErrorKind::Unreachable(format!("the reply has no `{field}`"))
}

/// What is at the bottom of an error, such as `Connection refused`; what stands above it names parts of programs.
fn innermost(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => innermost(cause),
        None => error.to_string(),
    }
}

/// An error with its causes on one line, repetitions left out.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}
