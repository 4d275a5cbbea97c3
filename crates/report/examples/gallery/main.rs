//! Writes a page with every kind of figure, tables and search trees from invented data.
//!
//! `cargo run -p deliberate-report --example gallery -- FOLDER`

mod pages;

use deliberate_report::Theme;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder to write to")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let page = pages::gallery();
    std::fs::write(folder.join("gallery.html"), page.html())?;
    std::fs::write(folder.join("tree.html"), pages::search())?;
    for figure in page.figures() {
        std::fs::write(folder.join(format!("{}.svg", figure.id)), figure.svg(Theme::Adaptive))?;
        std::fs::write(folder.join(format!("{}.png", figure.id)), figure.png()?)?;
    }
    Ok(())
}
