//! Has the crate compiled again when a file of the page comes or goes; what is embedded is found at compile time.

#![allow(clippy::print_stdout)] // This is how a build script speaks to cargo.

fn main() {
    for path in ["web/index.html", "web/app.css", "web/icon.svg", "web/js", "web/vendor", "locales", "examples"] {
        println!("cargo::rerun-if-changed=../../{path}");
    }
}
