//! Opens the gallery in a real browser, at the width of a telephone and of a desk, and uses it.

#[path = "support/browser.rs"]
mod browser;
#[path = "../examples/gallery/pages.rs"]
mod pages;

#[test]
fn the_gallery_works_at_every_width() {
    let page = pages::gallery();
    let html = page.html();
    assert_eq!(html.matches("<figure class=\"chart-figure").count(), page.figures().count());
    for width in browser::WIDTHS {
        browser::assert_works(&html, include_str!("gallery_check.js"), width);
    }
}
