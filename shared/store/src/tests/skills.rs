//! Skills: lists by owner, pages over several owners, and archives of any size.

use policy::skill::{Owner, Skill, SkillVersion};

use crate::testing::local;
use crate::{Listing, Store};

fn skill(id: &str, kind: &str, second: i64) -> Skill {
    Skill {
        id: id.to_owned(),
        owner: Owner::new(kind, "o"),
        created_at: jiff::Timestamp::from_second(1_795_374_000 + second).ok(),
        ..Skill::default()
    }
}

#[tokio::test]
async fn a_page_ends_at_one_place_in_the_lists_of_all_owners() {
    let it = local().await;
    for (second, (id, kind)) in (0..).zip([("a", "USER"), ("b", "TEAM"), ("c", "USER"), ("d", "ANYTHING")]) {
        it.store.create(&skill(id, kind, second)).await.unwrap();
    }
    let place = Store::place_of(&skill("c", "USER", 2));
    let listed = async |kind| {
        let page = it.store.list::<Skill>(&Listing::Of(kind, "o".to_owned()), 10, Some(&place)).await.unwrap();
        page.records.into_iter().map(|it| it.value.id).collect::<Vec<_>>()
    };
    assert_eq!(listed("USER").await, ["a"]);
    assert_eq!(listed("TEAM").await, ["b"]);
    assert_eq!(it.store.list::<Skill>(&Listing::All, 10, None).await.unwrap().records.len(), 4);
}

#[tokio::test]
async fn an_archive_is_found_whole_and_goes_with_its_version() {
    let it = local().await;
    let mut version = SkillVersion { skill_id: "s".to_owned(), version: "1".to_owned(), ..SkillVersion::default() };
    let archive: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    version.pieces = it.store.save_skill_archive(&version, &archive).await.unwrap();
    assert_eq!(version.pieces, 3);
    assert_eq!(it.store.find_skill_archive(&version).await.unwrap(), archive);
    let missing = SkillVersion { pieces: 4, ..version.clone() };
    assert!(it.store.find_skill_archive(&missing).await.is_err());
    it.store.delete_skill_archive(&version).await.unwrap();
    assert_eq!(it.items("entities").await.len(), 0);
}
