//! Recipes are data, seeds decide, and lines of JSON come back as they went.

use crate::first;
use deliberate_lab::{Family, Question, Recipe, RecipeError, Split, generate, generate_set};
use insta::assert_snapshot;

#[test]
fn the_same_seed_gives_the_same_questions() {
    for family in Family::ALL {
        let questions = first(&Recipe::of(family), Split::Test, 20_240_803, 3);
        let texts: Vec<String> = questions.iter().map(|q| format!("{}\n{}", q.id, q.text())).collect();
        assert_snapshot!(family.to_string(), texts.join("\n"));
    }
    assert_eq!(first(&Recipe::mixed(), Split::Train, 1, 9), first(&Recipe::mixed(), Split::Train, 1, 9));
    assert_ne!(first(&Recipe::mixed(), Split::Train, 1, 9), first(&Recipe::mixed(), Split::Train, 2, 9));
}

#[test]
fn recipes_read_from_toml() {
    for recipe in Family::ALL.map(Recipe::of).into_iter().chain([Recipe::mixed()]) {
        let text = toml::to_string(&recipe).unwrap();
        assert_eq!(toml::from_str::<Recipe>(&text).unwrap(), recipe, "{text}");
    }
    let text = "[[part]]\nfamily = \"chain\"\nsteps = [1, 2]\nsize = [90, 101]\n";
    let questions = first(&toml::from_str(text).unwrap(), Split::Train, 1, 20);
    assert!(questions.iter().all(|question| [97, 101].contains(&question.level.size)));
    assert!(
        toml::from_str::<Recipe>("[[part]]\nfamily = \"chain\"\nstpes = [1, 2]\nsize = [97, 97]\n").is_err()
    );
}

#[test]
fn recipes_that_cannot_be_are_refused() {
    let refused = |change: fn(&mut Recipe)| {
        let mut recipe = Recipe::of(Family::Chain);
        change(&mut recipe);
        generate(&recipe, Split::Train, 1).unwrap_err().to_string()
    };
    assert_snapshot!(refused(|recipe| recipe.parts.clear()), @"the recipe has no part with a weight above 0");
    assert_snapshot!(
        refused(|recipe| recipe.parts[0].steps.0 = 0),
        @"`steps` of chain is [0, 10], but must be within [1, 12]"
    );
    assert_snapshot!(
        refused(|recipe| recipe.parts[0].size = deliberate_lab::Span(90, 96)),
        @"there is no prime within `size` [90, 96] of chain"
    );
    let mut few = Recipe::of(Family::Chain);
    few.parts[0].steps.1 = 1;
    few.parts[0].size = deliberate_lab::Span(11, 11);
    assert!(matches!(
        generate_set(&few, Split::Test, 1, 1_000),
        Err(RecipeError::Exhausted { wanted: 1_000, found }) if found < 1_000
    ));
}

#[test]
fn a_set_holds_no_question_twice_and_goes_through_json() {
    let set = generate_set(&Recipe::of(Family::Story), Split::Validation, 3, 200).unwrap();
    let ids: std::collections::HashSet<&str> = set.iter().map(|question| question.id.as_str()).collect();
    assert_eq!(ids.len(), set.len());
    for question in set {
        let line = serde_json::to_string(&question).unwrap();
        assert_eq!(serde_json::from_str::<Question>(&line).unwrap(), question);
        assert!(line.starts_with(r#"{"id":"story-"#), "{line}");
    }
}
