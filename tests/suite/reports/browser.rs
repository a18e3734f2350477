//! The HTML report in a real browser: it needs no network, says what it should, and looks like something.

use std::collections::BTreeSet;

use base64::Engine as _;
use serde_json::{Value, json};

use super::chromium::Page;
use super::upgraded;
use crate::support::project::{HELLO, Project};

/// What a reader sees: texts, and where the parts of the map are on the screen.
const LOOK: &str = r#"(() => {
  const box = element => { const b = element.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; };
  const map = document.querySelector("svg.map");
  return {
    text: document.body.innerText,
    titles: [...map.querySelectorAll("title")].map(title => title.textContent),
    map: box(map),
    shares: [...map.children].map(share => [share.querySelector("title").textContent, ...box(share.querySelector("rect"))]),
    label: map.getAttribute("aria-label"),
    scripts: document.querySelectorAll("script, [onclick], [onload], img, link, iframe").length,
  cut: [...map.querySelectorAll("text")].filter(text => text.getClientRects().length)
    .filter(text => text.getBoundingClientRect().right > text.parentElement.querySelector("rect").getBoundingClientRect().right + 1)
    .map(text => text.textContent),
  labels: [...map.querySelectorAll("text")].filter(text => text.getClientRects().length).length,
  overflow: document.documentElement.scrollWidth - innerWidth,
    table: [...document.querySelectorAll("table.shares tbody tr")].length,
  };
})()"#;

#[test]
fn the_page_reads_well_in_a_browser() {
    let project = upgraded();
    project.succeed(&["plan", "--report", "html=plan.html"]);
    let mut page = Page::open();
    let mut shots = BTreeSet::new();
    page.load(&project.path("plan.html"));
    for (width, scheme) in [
        (1280, "light"),
        (1280, "dark"),
        (800, "light"),
        (800, "dark"),
        (400, "light"),
        (400, "dark"),
    ] {
        let seen = look(&mut page, width, scheme);
        assert_seen(&seen, width);
        shots.insert(screenshot(&mut page, width, scheme));
    }
    assert_eq!(
        shots.len(),
        6,
        "light and dark, wide and narrow look different"
    );
    assert_quiet(&page.events);
}

fn look(page: &mut Page, width: u32, scheme: &str) -> Value {
    let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
    page.call("Emulation.setDeviceMetricsOverride", size);
    let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
    page.call(
        "Emulation.setEmulatedMedia",
        json!({ "features": features }),
    );
    page.evaluate(LOOK)
}

fn assert_seen(seen: &Value, width: u32) {
    let text = seen["text"].as_str().unwrap();
    for expected in [
        "1 layer changes",
        "2.2.5",
        "2.2.6",
        "upgraded",
        "python/own.py",
        "+TWO = '<b>&'",
        "grant account 000000000000",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_eq!(seen["scripts"], 0, "nothing to run and nothing to load");
    assert!(
        seen["overflow"].as_i64().unwrap() <= 0,
        "no scrolling to the side at {width}"
    );
    assert_eq!(seen["cut"], json!([]), "names are whole or left out");
    assert!(seen["labels"].as_u64().unwrap() > 0, "some names are shown");
    assert!(
        seen["table"].as_u64().unwrap() >= 3,
        "a table tells the same"
    );
    assert!(
        seen["label"]
            .as_str()
            .unwrap()
            .starts_with("Map of the contents of science")
    );
    let titles = seen["titles"].to_string();
    assert!(titles.contains("numpy 2.2.6, numpy/_core: "), "{titles}");
    assert_to_scale(seen);
}

/// What is folded, before and after a link of the list was followed.
const LAYERS: &str = r#"(async () => {
  const layers = [...document.querySelectorAll("details.layer")];
  const open = () => layers.filter(layer => layer.open).map(layer => layer.querySelector(".name").textContent);
  const before = open(), links = [...document.querySelectorAll("nav a")];
  const unfolded = new Promise(done => layers[2].addEventListener("toggle", done));
  links[2].click();
  await unfolded;
  return {
    before, after: open(), links: links.map(link => link.textContent),
    hints: [...document.querySelectorAll(".hint")].map(hint => hint.innerHTML),
    maps: document.querySelectorAll("svg.map").length,
  };
})()"#;

#[test]
fn blocked_layers_are_first_and_links_unfold_the_others() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "changed");
    let mut manifest = HELLO.to_owned();
    let names: Vec<_> = (10..20).map(|number| format!("a{number}")).collect();
    for name in &names {
        let (_, layer) = HELLO.split_once("[layers.hello]").unwrap();
        manifest += &format!("\n[layers.{name}]{layer}");
        project.write(&format!("layers/{name}/{name}.py"), "");
    }
    project.write("layers.toml", &manifest);
    project.fail(&["plan", "--report", "html=plan.html"]);
    let mut page = Page::open();
    page.load(&project.path("plan.html"));
    let seen = page.evaluate(LAYERS);
    assert_eq!(seen["before"], json!(["hello"]));
    assert_eq!(seen["after"], json!(["hello", "a11"]));
    assert_eq!(
        seen["links"],
        json!([&["hello".to_owned()], &names[..]].concat())
    );
    let hint = "Hint: raise <code>description</code> in layers.toml:5, for example with <code>lls bump hello --patch</code>";
    assert_eq!(seen["hints"], json!([hint]));
    assert_eq!(seen["maps"], 0, "there is nothing to tell apart");
    assert_quiet(&page.events);
}

/// The areas on the screen are in proportion to the sizes that their titles tell, and inside the map.
fn assert_to_scale(seen: &Value) {
    let number = |value: &Value| value.as_f64().unwrap();
    let [x, y, width, height] = [0, 1, 2, 3].map(|index| number(&seen["map"][index]));
    assert!(width > 250.0 && height > 150.0, "{seen}");
    let mut covered = 0.0;
    for share in seen["shares"].as_array().unwrap() {
        let [left, top, wide, high] = [1, 2, 3, 4].map(|index| number(&share[index]));
        assert!(left >= x - 2.0 && top >= y - 2.0, "{share}");
        assert!(
            left + wide <= x + width + 2.0 && top + high <= y + height + 2.0,
            "{share}"
        );
        covered += wide * high;
    }
    assert!(
        (covered / (width * height) - 1.0).abs() < 0.03,
        "{covered} of {width} x {height}"
    );
}

/// Takes a picture, which must not be empty, and keeps it for people in `target/`.
fn screenshot(page: &mut Page, width: u32, scheme: &str) -> Vec<u8> {
    let shot = page.call(
        "Page.captureScreenshot",
        json!({ "captureBeyondViewport": true }),
    );
    let data = shot["data"].as_str().unwrap();
    let png = base64::engine::general_purpose::STANDARD
        .decode(data)
        .unwrap();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("plan-{width}-{scheme}.png")), &png).unwrap();
    // Drawn again in the page, to count its colours.
    let script = format!(
        "(async () => {{
            const bytes = Uint8Array.from(atob('{data}'), c => c.charCodeAt(0));
            const image = await createImageBitmap(new Blob([bytes], {{ type: 'image/png' }}));
            const canvas = new OffscreenCanvas(image.width, image.height);
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0);
            const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
            return new Set(pixels).size;
        }})()"
    );
    let colours = page.evaluate(&script).as_u64().unwrap();
    assert!(
        colours > 100,
        "{colours} colours at {width} in {scheme}: a blank picture"
    );
    png
}

/// Nothing was asked for but the page, and nothing went wrong in it.
fn assert_quiet(events: &[Value]) {
    let named = |name: &str| {
        events
            .iter()
            .filter(|event| event["method"] == name)
            .collect::<Vec<_>>()
    };
    let requests = named("Network.requestWillBeSent");
    let others = requests.iter().filter(|event| {
        let url = event["params"]["request"]["url"].as_str().unwrap();
        !(url.starts_with("file://") && url.ends_with("/plan.html"))
    });
    assert_eq!(others.count(), 0, "{requests:?}");
    assert!(!requests.is_empty(), "requests are seen");
    for name in [
        "Runtime.exceptionThrown",
        "Runtime.consoleAPICalled",
        "Log.entryAdded",
    ] {
        assert_eq!(named(name), Vec::<&Value>::new());
    }
}
