//! Settings, rules, hours and filters.

use super::*;

#[test]
fn settings_are_saved_and_keep_the_layout() {
    let mut panel = panels(Vec::new());
    panel.state_mut().view.dialogs.open(Wish::Settings);
    panel.run();
    panel.state_mut().mirror.settings.layout.tree = 123.0;
    press(&mut panel, "Interface");
    panel.get_by_label("Compact rows").click();
    panel.run();
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    assert!(settings.compact && settings.layout.tree == 123.0);
}

#[test]
fn the_extensions_of_text_files_are_checked_and_saved() {
    let mut panel = panels(Vec::new());
    panel.state_mut().view.dialogs.open(Wish::Settings);
    panel.run();
    press(&mut panel, "Transfers");
    assert!(panel.query_by_label("Text files").is_none(), "there is no list where names decide nothing");
    panel.get_by_label("Transfer type").click();
    panel.run();
    panel.get_by_role_and_label(Role::Button, "Automatic").click();
    panel.run();
    retype(&mut panel, "Text files", "txt tar.gz");
    panel.get_by_label_contains("“tar.gz” is no extension");
    retype(&mut panel, "Text files", "log, *.csv");
    assert!(panel.query_by_label_contains("is no extension").is_none());
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    assert_eq!((settings.transfer_type, settings.text_extensions.as_str()), (TransferType::Auto, "log, *.csv"));
}

#[test]
fn rules_for_files_that_exist_are_made_ordered_and_saved() {
    let mut panel = panels(vec![]);
    panel.state_mut().view.dialogs.open(Wish::Settings);
    panel.run();
    press(&mut panel, "File exists");
    press(&mut panel, "Add a rule");
    panel.get_by_label("1. Any transfer: overwrite");
    panel.get_by_label("Sizes").click();
    panel.run();
    panel.get_by_label("The new one is smaller").click();
    panel.run();
    panel.get_by_label("1. Any transfer, where the new file is smaller: overwrite");
    press(&mut panel, "Add a rule");
    let up = panel.get_all_by_role_and_label(Role::Button, "Up").last().unwrap();
    up.click();
    panel.run();
    panel.get_by_label("1. Any transfer: overwrite");
    type_into(&mut panel, "Names of copies", "/");
    panel.get_by_label_contains("cannot be in a name");
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    let sizes: Vec<_> = settings.exists_rules.iter().map(|rule| rule.size).collect();
    assert_eq!(sizes, [exists::SizeIs::Any, exists::SizeIs::Smaller]);
}

#[test]
fn hours_with_other_limits_are_saved() {
    let mut panel = panels(vec![]);
    panel.state_mut().view.dialogs.open(Wish::Settings);
    panel.run();
    press(&mut panel, "Speed");
    press(&mut panel, "Add hours");
    panel.get_by_label("Saturday, row 1").click();
    panel.run();
    press(&mut panel, "Add hours");
    press(&mut panel, "Remove row 2");
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    let days = [true, true, true, true, true, true, false];
    assert_eq!(settings.schedule, [schedule::Slot { days, ..schedule::Slot::default() }]);
}

#[test]
fn filters_are_switched_made_and_saved() {
    let mut panel = panels(vec![]);
    panel.state_mut().view.dialogs.open(Wish::Filters);
    panel.run();
    panel.get_by_label("Useless Explorer files (remote)").click();
    panel.run();
    press(&mut panel, "New filter");
    retype(&mut panel, "Name", "Useless Explorer files");
    panel.get_by_label("Another filter is called so");
    retype(&mut panel, "Name", "Large");
    panel.get_by_label("Large (local)").click();
    panel.run();
    panel.get_by_label("What").click();
    panel.run();
    panel.get_by_role_and_label(Role::Button, "Size").click();
    panel.run();
    press(&mut panel, "Add a condition");
    let second = panel.get_all_by_label("Value").last().unwrap();
    second.click();
    panel.run();
    panel.get_all_by_label("Value").last().unwrap().type_text("[z-a]");
    panel.run();
    panel.get_by_label_contains("is no pattern");
    assert!(panel.get_by_role_and_label(Role::Button, "Save").accesskit_node().is_disabled());
    press(&mut panel, "Remove condition 2");
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    let large = settings.filters.filters.last().unwrap();
    assert_eq!(large.conditions, [Condition::Size(NumberIs::Greater, 1_000_000)]);
    let on = |name, side| settings.filters.is_on(name, side);
    assert!(on("Large", FilterSide::Local) && !on("Large", FilterSide::Remote));
    assert!(on("Useless Explorer files", FilterSide::Remote));
}
