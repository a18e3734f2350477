//! What the README promises of this repository's own example layers.

use std::path::Path;

use crate::support::project::Project;

/// A project with this repository's manifest and layers.
pub fn repository() -> Project {
    let project = Project::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in walkdir::WalkDir::new(root.join("layers"))
        .into_iter()
        .chain(walkdir::WalkDir::new(root.join("layers.toml")))
    {
        let path = entry.unwrap().into_path();
        if path.is_file()
            && !path
                .components()
                .any(|part| part.as_os_str() == "__pycache__")
        {
            project.write(
                path.strip_prefix(root).unwrap().to_str().unwrap(),
                std::fs::read(&path).unwrap(),
            );
        }
    }
    project
}

#[test]
fn the_first_command_publishes_both_layers_and_then_finds_nothing_to_do() {
    let project = repository();
    let run = project.succeed(&["apply", "--yes", "--locked"]);
    for layer in ["cfnresponse", "pg8000"] {
        assert!(run.stdout.contains(&format!(":layer:{layer}:1\n")), "{run}");
        assert!(
            project
                .path(&format!(".lls/registry/{layer}/1.zip"))
                .is_file()
        );
    }
    let run = project.succeed(&["apply", "--yes", "--locked"]);
    assert_eq!(
        run.to_string(),
        "No changes. 2 layers match layers.toml.\n--- exit status 0\n"
    );
}

#[test]
fn the_example_answers_cloudformation() {
    let project = repository();
    project.succeed(&[
        "build",
        "--locked",
        "-l",
        "cfnresponse",
        "--output-dir",
        "out",
    ]);
    let opt = crate::python::unpack(&project.path("out/cfnresponse.zip"));
    let script = r#"
import json, threading, http.server, cfnresponse
received = []
class Handler(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        received.append((self.headers.get("Content-Type", ""), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
event = {"ResponseURL": f"http://127.0.0.1:{server.server_port}/x", "StackId": "s", "RequestId": "r", "LogicalResourceId": "l"}
@cfnresponse.responder
def fine(event, context):
    return {"Answer": 42}
@cfnresponse.responder
def broken(event, context):
    raise KeyError("secret")
import logging
logging.disable(logging.CRITICAL)
fine(event, None)
broken(event, None)
server.shutdown()
print(json.dumps([[kind, body["Status"], body["Data"], body["Reason"]] for kind, body in received]))
"#;
    let expected = serde_json::json!([
        ["", "SUCCESS", { "Answer": 42 }, ""],
        ["", "FAILED", {}, "KeyError; see the function's log"],
    ]);
    assert_eq!(crate::python::evaluate(opt.path(), script), expected);
}
