//! Pulls from a hub that behaves, breaks and lies.

use std::fs;
use std::time::{Duration, Instant};

use deliberate_models::{ModelError, Models, Origin, SourceError, Verification};

use super::fake_hub::{FakeHub, Fault};
use super::support::{Seen, finals, model_bytes, models, only_reason, partials, settings, sha256};

const ID: &str = "owner/repo/m.gguf";

#[test]
fn a_pull_leaves_a_checked_file_and_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(1);
    let hub = FakeHub::with(&content, []);
    let models = models(&folder, &hub.endpoint);
    let mut seen = Seen::default();
    let model = models.pull(ID, &mut seen).unwrap();

    assert_eq!(seen.0, ["trying", "received", "hashing", "done"]);
    assert_eq!(fs::read(&model.path).unwrap(), content);
    assert_eq!(model.path.file_name().unwrap(), "owner--repo--m.gguf");
    let origin =
        Origin::Hub { repository: "owner/repo".into(), revision: "c0ffee".into(), file: "m.gguf".into() };
    assert_eq!(model.origin, origin);
    assert!(partials(&models).is_empty());
    for text in
        [ID, "owner/repo", "owner/repo:M.GGUF", "owner/repo@c0ffee", "owner--repo--m", "hf:owner/repo/m.gguf"]
    {
        assert_eq!(models.resolve(text).unwrap(), model, "{text}");
    }
    let listed = models.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].bytes, listed[0].sha256.clone()), (content.len() as u64, Some(sha256(&content))));
    assert!(matches!(models.verify(ID, &mut ()), Ok(Verification::Intact { .. })));
}

#[test]
fn what_is_here_is_not_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(2), []);
    let models = models(&folder, &hub.endpoint);
    models.pull(ID, &mut ()).unwrap();
    let before = hub.requests().len();
    let mut seen = Seen::default();
    models.pull(ID, &mut seen).unwrap();
    models.pull("owner/repo", &mut seen).unwrap();
    assert_eq!(seen.0, ["here"]);
    assert_eq!(hub.requests().len(), before);
}

#[test]
fn the_token_goes_to_the_hub_and_not_to_its_storage() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(3), []);
    let mut settings = settings(&folder, &hub.endpoint);
    settings.hub.token = Some("hf_secret".into());
    Models::new(settings).pull(ID, &mut ()).unwrap();
    for request in hub.requests() {
        let expected = (!request.path.starts_with("/storage")).then(|| "Bearer hf_secret".to_owned());
        assert_eq!(request.authorization, expected, "{request:?}");
    }
}

#[test]
fn a_broken_transfer_continues_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(4);
    let hub = FakeHub::with(&content, [Fault::Cut(300_000), Fault::Stall(200_000), Fault::Status(503)]);
    let mut seen = Seen::default();
    let model = models(&folder, &hub.endpoint).pull(ID, &mut seen).unwrap();
    assert_eq!(fs::read(model.path).unwrap(), content);
    let range = |from: u32| Some(format!("bytes={from}-"));
    assert_eq!(hub.downloads(), [None, range(300_000), range(500_000), range(500_000)]);
    assert!(
        seen.0.contains(&"retrying at 300000".to_owned())
            && seen.0.contains(&"retrying at 500000".to_owned())
    );
}

#[test]
fn the_next_pull_continues_what_the_last_one_left() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(5);
    let hub = FakeHub::with(&content, [Fault::Cut(300_000)]);
    let mut settings = settings(&folder, &hub.endpoint);
    settings.hub.attempts = 1;
    let models = Models::new(settings);
    let reason = only_reason(models.pull(ID, &mut ()).unwrap_err());
    assert!(matches!(reason, SourceError::Interrupted { received: 300_000, .. }), "{reason:?}");
    assert!(finals(models.folder()).is_empty());
    let model = models.pull(ID, &mut ()).unwrap();
    assert_eq!(fs::read(model.path).unwrap(), content);
    assert_eq!(hub.downloads(), [None, Some("bytes=300000-".into())]);
}

#[test]
fn a_server_that_cannot_continue_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(6);
    let hub = FakeHub::with(&content, [Fault::Cut(300_000), Fault::IgnoreRange]);
    let model = models(&folder, &hub.endpoint).pull(ID, &mut ()).unwrap();
    assert_eq!(fs::read(model.path).unwrap(), content);
}

#[test]
fn a_damaged_partial_file_is_fetched_afresh() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(7);
    let hub = FakeHub::with(&content, [Fault::Cut(300_000)]);
    let mut settings = settings(&folder, &hub.endpoint);
    settings.hub.attempts = 1;
    let models = Models::new(settings);
    models.pull(ID, &mut ()).unwrap_err();
    fs::write(&partials(&models)[0], b"GGUF, but zeros after a power cut").unwrap();
    let model = models.pull(ID, &mut ()).unwrap();
    assert_eq!(fs::read(model.path).unwrap(), content);
    assert_eq!(hub.downloads().last(), Some(&None));
}

#[test]
fn a_file_that_changed_on_the_hub_is_not_glued_to_the_old_half() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(8), [Fault::Cut(300_000)]);
    let mut settings = settings(&folder, &hub.endpoint);
    settings.hub.attempts = 1;
    let models = Models::new(settings);
    models.pull(ID, &mut ()).unwrap_err();
    let newer = model_bytes(9);
    hub.change(|shelf| (shelf.content, shelf.etag) = (newer.clone(), Some(sha256(&newer))));
    let model = models.pull(ID, &mut ()).unwrap();
    assert_eq!(fs::read(model.path).unwrap(), newer);
    assert_eq!(hub.downloads(), [None, None]);
    assert!(partials(&models).is_empty());
}

#[test]
fn a_wrong_checksum_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(10), []);
    hub.change(|shelf| shelf.etag = Some("0".repeat(64)));
    let models = models(&folder, &hub.endpoint);
    let reason = only_reason(models.pull(ID, &mut ()).unwrap_err());
    assert!(matches!(reason, SourceError::Checksum { .. }), "{reason:?}");
    assert!(finals(models.folder()).is_empty() && partials(&models).is_empty());
}

#[test]
fn a_hub_without_checksums_is_said_to_be_unchecked() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(11), []);
    hub.change(|shelf| shelf.etag = None);
    let mut seen = Seen::default();
    models(&folder, &hub.endpoint).pull(ID, &mut seen).unwrap();
    assert!(seen.0.contains(&"unchecked".to_owned()));
}

#[test]
fn a_page_instead_of_a_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(b"<html>please log in</html>", []);
    let models = models(&folder, &hub.endpoint);
    assert!(matches!(only_reason(models.pull(ID, &mut ()).unwrap_err()), SourceError::NotGguf { .. }));
    assert!(finals(models.folder()).is_empty());
}

#[test]
fn servers_that_lie_about_sizes_are_caught() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(12);
    for (length, name) in [(content.len() + 5, "more"), (content.len() - 5, "less")] {
        let hub = FakeHub::with(&content, [Fault::Lie(length)]);
        let reason = only_reason(models(&folder, &hub.endpoint).pull(ID, &mut ()).unwrap_err());
        assert!(matches!(reason, SourceError::Size { .. }), "{name}: {reason:?}");
    }
    let hub = FakeHub::with(&content, [Fault::Cut(1000), Fault::WrongRange]);
    let reason = only_reason(models(&folder, &hub.endpoint).pull(ID, &mut ()).unwrap_err());
    assert!(matches!(reason, SourceError::Malformed { .. }), "{reason:?}");
}

#[test]
fn refusals_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(13), []);
    let models = models(&folder, &hub.endpoint);
    for (status, words) in
        [(401, "set `HF_TOKEN`"), (403, "accept its terms"), (404, "check owner"), (500, "answered 500")]
    {
        hub.change(|shelf| shelf.refuse = Some(status));
        for text in [ID, "owner/repo"] {
            let error = models.pull(text, &mut ()).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("owner/repo"), "{error}");
        }
    }
    assert!(hub.downloads().is_empty());
}

#[test]
fn a_stalled_or_absent_hub_ends_soon() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let hub = FakeHub::with(&model_bytes(14), [Fault::Stall(0), Fault::Stall(0), Fault::Stall(0)]);
    let error = models(&folder, &hub.endpoint).pull(ID, &mut ()).unwrap_err();
    assert!(error.to_string().contains("timeout"), "{error}");
    // Nobody listens on the port of a hub that is gone.
    let gone = FakeHub::with(b"", []).endpoint.clone();
    let listener_is_gone = only_reason(models(&folder, &gone).pull(ID, &mut ()).unwrap_err());
    assert!(matches!(listener_is_gone, SourceError::Unreachable { .. }), "{listener_is_gone:?}");
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn offline_asks_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(15), []);
    let mut settings = settings(&folder, &hub.endpoint);
    settings.hub.offline = true;
    let models = Models::new(settings);
    for text in [ID, "owner/repo"] {
        assert!(matches!(only_reason(models.pull(text, &mut ()).unwrap_err()), SourceError::Offline));
    }
    assert!(hub.requests().is_empty());
}

#[test]
fn a_repository_must_say_which_file() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(16), []);
    let models = models(&folder, &hub.endpoint);
    hub.change(|shelf| shelf.listing = vec!["a-Q4_0.gguf", "a-Q8_0.gguf", "mmproj-a.gguf", "README.md"]);
    match models.pull("owner/repo", &mut ()).unwrap_err() {
        ModelError::SeveralFiles { files, .. } => assert_eq!(files, ["a-Q4_0.gguf", "a-Q8_0.gguf"]),
        other => panic!("{other}"),
    }
    match models.pull("owner/repo:Q5", &mut ()).unwrap_err() {
        ModelError::NoFile { files, .. } => assert_eq!(files.len(), 2),
        other => panic!("{other}"),
    }
    assert_eq!(models.pull("owner/repo:q8", &mut ()).unwrap().name, "owner/repo/a-Q8_0.gguf");
    hub.change(|shelf| shelf.listing = vec!["b-00001-of-00002.gguf"]);
    assert!(matches!(models.pull("owner/repo@b", &mut ()), Err(ModelError::Split { .. })));
}

#[test]
fn a_renamed_repository_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(17), []);
    let model = models(&folder, &hub.endpoint).pull("owner/old-name/m.gguf", &mut ()).unwrap();
    assert_eq!(model.path.file_name().unwrap(), "owner--old-name--m.gguf");
}

#[test]
fn two_pulls_at_once_fetch_once() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(18), [Fault::Cut(500_000)]);
    let pull = || models(&folder, &hub.endpoint).pull(ID, &mut ()).unwrap();
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..4).map(|_| scope.spawn(pull)).collect();
        for pulled in pulls {
            assert!(pulled.join().unwrap().path.is_file());
        }
    });
    assert_eq!(hub.downloads().len(), 2, "one transfer, continued once");
}
