//! Who has what: short words, for a small vocabulary splits long ones.

/// People.
pub(super) const PEOPLE: [&str; 32] = [
    "Ann", "Tom", "Ben", "Eva", "Max", "Zoe", "Sam", "Mia", "Leo", "Kim", "Dan", "Amy", "Jack", "Lily",
    "Noah", "Ella", "Paul", "Rosa", "Omar", "Nina", "Carl", "Ruth", "Finn", "Vera", "Hugo", "Lena", "Ivan",
    "Sara", "Otto", "Maya", "Luke", "Tara",
];

/// Places that can hold things.
pub(super) const PLACES: [&str; 12] = [
    "shop", "farm", "barn", "school", "club", "camp", "hotel", "market", "museum", "bakery", "garage",
    "library",
];

/// What is counted.
pub(super) const OBJECTS: [&str; 32] = [
    "apples", "pears", "books", "pens", "cards", "eggs", "plates", "stamps", "shells", "stones", "cups",
    "hats", "balls", "kites", "plums", "nuts", "roses", "lamps", "boxes", "bags", "coats", "rings", "keys",
    "bells", "dolls", "tickets", "flags", "seeds", "chairs", "maps", "drums", "cakes",
];
