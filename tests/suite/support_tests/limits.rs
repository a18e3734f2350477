//! What AWS refuses, and that a refused publish uses up no version number.

use serde_json::{Value, json};

use super::super::support::lambda_api::LambdaApi;
use super::{archives, assert_error, call, json_of, members, publish};

const INVALID: &str = "ValidationException";
const BAD_PARAMETER: &str = "InvalidParameterValueException";
const TOO_LARGE: &str = "RequestEntityTooLargeException";

fn with(member: &str, value: Value) -> Value {
    let mut members = members(&archives::zip("a.txt", b"a"));
    members[member] = value;
    members
}

#[test]
fn members_have_limits_and_refusals_use_no_number() {
    let api = LambdaApi::start();
    let refused = [
        (with("Description", "d".repeat(257).into()), "'description'"),
        (with("LicenseInfo", "l".repeat(513).into()), "'licenseInfo'"),
        (
            with("CompatibleRuntimes", json!(["python3.12", "cobol"])),
            "[python3.12, cobol]",
        ),
        (
            with("CompatibleRuntimes", json!(vec!["python3.12"; 16])),
            "less than or equal to 15",
        ),
        (
            with("CompatibleArchitectures", json!(["sparc"])),
            "[x86_64, arm64]",
        ),
    ];
    for (members, part) in &refused {
        assert_error(&publish(&api, "strict", members), 400, INVALID, part);
    }
    for archive in [archives::empty(), Vec::new()] {
        let reply = publish(&api, "strict", &members(&archive));
        assert_error(&reply, 400, BAD_PARAMETER, "non-empty");
    }
    let reply = publish(&api, "strict", &members(b"no archive at all"));
    assert_error(&reply, 400, BAD_PARAMETER, "Could not unzip");
    let bomb = archives::declaring("a.txt", b"a", 262_144_001);
    assert_error(
        &publish(&api, "strict", &members(&bomb)),
        400,
        BAD_PARAMETER,
        "262144000",
    );
    assert_error(
        &publish(&api, "strict", &json!({})),
        400,
        BAD_PARAMETER,
        "non-empty",
    );

    let longest = with("Description", "\u{e9}".repeat(256).into());
    let accepted = publish(&api, "strict", &longest);
    assert_eq!(json_of(&accepted)["Version"], 1, "{}", accepted.text());
}

#[test]
fn several_problems_come_together() {
    let api = LambdaApi::start();
    let mut members = with("CompatibleRuntimes", json!(["cobol"]));
    members["CompatibleArchitectures"] = json!(["sparc"]);
    let reply = publish(&api, "strict", &members);
    assert_error(
        &reply,
        400,
        INVALID,
        "2 validation errors detected: Value '[cobol]'",
    );
}

#[test]
fn layer_names_have_a_form() {
    let api = LambdaApi::start();
    let members = members(&archives::zip("a.txt", b"a"));
    let too_long = "n".repeat(141);
    for name in ["a.b", "a%20b", "%C3%A9", &too_long] {
        assert_error(&publish(&api, name, &members), 400, INVALID, "'layerName'");
    }
    assert_eq!(publish(&api, &"n".repeat(140), &members).status, 201);
}

#[test]
fn pages_hold_1_to_50() {
    let api = LambdaApi::start();
    for path in ["/2018-10-31/layers", "/2018-10-31/layers/any/versions"] {
        for count in ["0", "51"] {
            let reply = call(&api, "GET", &format!("{path}?MaxItems={count}"), b"");
            assert_error(&reply, 400, INVALID, "'maxItems'");
        }
        let reply = call(&api, "GET", &format!("{path}?MaxItems=50"), b"");
        assert_eq!(reply.status, 200);
        let reply = call(&api, "GET", &format!("{path}?CompatibleRuntime=cobol"), b"");
        assert_error(&reply, 400, INVALID, "'compatibleRuntime'");
    }
}

#[test]
fn zips_of_50_mib_are_too_large_for_a_request() {
    let api = LambdaApi::start();
    let reply = publish(&api, "large", &members(&vec![0; 52_428_801]));
    assert_error(&reply, 413, TOO_LARGE, "52428800");
}

#[test]
fn bodies_have_a_limit() {
    let api = LambdaApi::start();
    let reply = call(
        &api,
        "POST",
        "/2018-10-31/layers/large/versions",
        &vec![b' '; 70_167_212],
    );
    assert_error(&reply, 413, TOO_LARGE, "70167211");
}
