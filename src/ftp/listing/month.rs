//! Month names in the languages and charsets in which servers print them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Context, is_blank};

/// Month names in Latin letters, as `ls` and others write them in the languages that servers were met with.
///
/// Nobody says in which charset they were written: where no usual one fits, only their ASCII letters are compared.
const LATIN: [&str; 12] = [
    "january januar jän jänner janvier janv ene enero gen gennaio jaan janeiro janúar ian oca led ledna sty \
     stycznia tammi tammikuu sau saus sij siječ xan urt yan ean gener",
    "february febr februar fév févr février fev fevereiro febrero febbraio veebr feb şub úno února lut lutego \
     helmi helmikuu vas velj vel ots chw febrúar peb shk feabh febrer",
    "march mär mär märz mrz mars mrt marzo março márc märts bře března mar maalis maaliskuu maa kov ožu ožuj \
     marca mac maw març márta",
    "april avr avril abr abril apr ápr aprile kwi kwietnia huhti huhtikuu dub dubna bal nis tra trav api ebr \
     pri aib abrill",
    "mai maj maí mei mag maggio maio mayo máj kvě května touko toukokuu geg svi svib mej maig beal",
    "june jun juni juin giu giugno jún jūn júní junho junio juuni cze czerwca čer čen června kesä kesäkuu bir \
     birž haz iun ekn eka meh qer iyn meith juny xuñ hun",
    "july juli juil juillet jui lug luglio júl jūl júlí julho julio juuli čec července heinä heinäkuu lie liep \
     tem iul lipca uzt gor kor iyl iúil julai juliol xul hul lul",
    "august ago août aoû aoÿ agosto ágú ágúst avg sie sierpnia elo elokuu rgp rugp ağu kol kolov abu aws gsh \
     gus agu ags agt ogo ogos avq lún ag aww",
    "september sept septembre set settembre septiembre setembro szept wrz września zář září syys syyskuu rgs \
     rugs eyl ruj rujan ira med sht sen mfómh setembre",
    "october okt oktober octobre octubre out outubro ott ottobre paź października říj října loka lokakuu spa \
     spal eki okt urr hyd tet dfómh",
    "november noviembre novembre novembro nóv nov noi lis listopada listopadu marras marraskuu lap lapkr kas \
     stu stud aza tach nën noy samh nob",
    "december dez dezember déc décembre dic dicembre diciembre dezembro des dets dec gru grudnia pro prosince \
     joulu joulukuu grd gruod ara abe dhj dek dis noll rha rhag diċ",
];

/// Names that mean another month in one language than in the others: what Croatians call June is July in Polish.
const LATIN_BY_LANGUAGE: [(&str, i8, i8); 3] = [("lip", 7, 6), ("srp", 8, 7), ("lis", 11, 10)];

/// Words of Croatian that are no month in any other language.
const CROATIAN: [&[u8]; 7] = [b"sij", b"velj", b"svi", b"svib", b"kol", b"ruj", b"stu"];

/// Month names in other letters.
const CYRILLIC: [&str; 12] = [
    "янв января яну січ січ. сту јан",
    "фев февр февраля лют феб",
    "мар марта бер сак",
    "апр апреля кві кра",
    "май мая тра мај травня",
    "июн июня юни чер чэр јун",
    "июл июля юли лип ліп јул",
    "авг августа сер жні",
    "сен сент сентября сеп вер",
    "окт октября жов кас",
    "ноя нояб ноября ное лис нов ліс",
    "дек декабря гру сне дец",
];
const GREEK: [&str; 12] = [
    "Ιαν Ιανουαρίου",
    "Φεβ Φεβρουαρίου",
    "Μάρ Μαρ Μαρτίου",
    "Απρ Απριλίου",
    "Μάι Μαΐ Μαϊ Μαι Μαΐου",
    "Ιούν Ιουν Ιουνίου",
    "Ιούλ Ιουλ Ιουλίου",
    "Αύγ Αυγ Αυγούστου",
    "Σεπ Σεπτ Σεπτεμβρίου",
    "Οκτ Οκτωβρίου",
    "Νοέ Νοε Νοεμβρίου",
    "Δεκ Δεκεμβρίου",
];
/// Thai, Hebrew, Arabic and Persian, Georgian, Armenian, Hindi.
const OTHERS: [&str; 12] = [
    "ม.ค มกราคม ינו ינואר ينا يناير ژانویه იან հնվ जनवरी",
    "ก.พ กุมภาพันธ์ פבר פברואר فبر فبراير شباط فوریه თებ փտվ փտր फ़रवरी फरवरी",
    "มี.ค มีนาคม מרץ مار مارس آذار მარ մրտ մար मार्च",
    "เม.ย เมษายน אפר אפריל أبر أبريل ابريل نيسان آوریل აპრ ապր अप्रैल",
    "พ.ค พฤษภาคม מאי ماي مايو أيار მაი մյս մայ मई",
    "มิ.ย มิถุนายน יונ יוני يون يونيو حزيران ژوئن ივნ հնս जून",
    "ก.ค กรกฎาคม יול יולי يول يوليو تموز ژوئیه ივლ հլս जुलाई",
    "ส.ค สิงหาคม אוג אוגוסט أغس أغسطس اغسطس آب اوت აგვ օգս अगस्त",
    "ก.ย กันยายน ספט ספטמבר سبت سبتمبر أيلول سپتامبر სექ սեպ सितम्बर सितंबर",
    "ต.ค ตุลาคม אוק אוקטובר أكت أكتوبر اكتوبر اکتبر ოქტ հոկ अक्टूबर अक्तूबर",
    "พ.ย พฤศจิกายน נוב נובמבר نوف نوفمبر نوامبر ნოე նոյ նմբ नवम्बर नवंबर",
    "ธ.ค ธันวาคม דצמ דצמבר ديس ديسمبر دسامبر დეკ դեկ दिसम्बर दिसंबर",
];
/// Longest month name, in bytes.
const LONGEST_MONTH: usize = 32;

/// The month that `text` names.
pub(super) fn named(text: &[u8], context: &Context<'_>) -> Option<i8> {
    let text = text.strip_suffix(b".").or_else(|| text.strip_suffix(b",")).unwrap_or(text);
    if let [a, b, c] = text {
        let english: Option<i8> = match &[a.to_ascii_lowercase(), b.to_ascii_lowercase(), c.to_ascii_lowercase()] {
            b"jan" => Some(1),
            b"feb" => Some(2),
            b"mar" => Some(3),
            b"apr" => Some(4),
            b"may" => Some(5),
            b"jun" => Some(6),
            b"jul" => Some(7),
            b"aug" => Some(8),
            b"sep" => Some(9),
            b"oct" => Some(10),
            b"nov" => Some(11),
            b"dec" => Some(12),
            _ => None,
        };
        if english.is_some() {
            return english;
        }
    }
    if let [b't' | b'T', b'h', digits @ ..] = text
        && let Some(month) = super::number(digits).filter(|month| (1..=12).contains(month))
    {
        return i8::try_from(month).ok(); // `Th09`: `tháng` is Vietnamese for month
    }
    let dotted = !text.is_ascii(); // `ก.ย.`
    let is_letter = |byte: &u8| !byte.is_ascii() || byte.is_ascii_alphabetic() || (dotted && *byte == b'.');
    if text.len() > LONGEST_MONTH || !text.iter().all(is_letter) {
        return None;
    }
    let months = &*FOREIGN_MONTHS;
    let exactly = months.get(&text.to_ascii_lowercase());
    let month = exactly.or_else(|| months.get(&ascii_letters(text)?)).copied().filter(|month| *month != AMBIGUOUS);
    if context.croatian
        && let Some((_, _, croatian)) =
            LATIN_BY_LANGUAGE.iter().find(|(name, ..)| text.eq_ignore_ascii_case(name.as_bytes()))
    {
        return Some(*croatian);
    }
    month
}

/// Of two names whose letters beyond ASCII were left out.
const AMBIGUOUS: i8 = 0;

/// By the bytes that were met, ASCII in lower case; and by [`ascii_letters`].
static FOREIGN_MONTHS: LazyLock<HashMap<Vec<u8>, i8>> = LazyLock::new(|| {
    use encoding_rs::*;
    let latin =
        [WINDOWS_1252, WINDOWS_1250, WINDOWS_1254, WINDOWS_1257, ISO_8859_2, ISO_8859_4, ISO_8859_13, MACINTOSH];
    let cyrillic = [WINDOWS_1251, KOI8_U, ISO_8859_5, IBM866, X_MAC_CYRILLIC];
    let greek = [ISO_8859_7, WINDOWS_1253];
    let mut months = HashMap::new();
    let others = [WINDOWS_874, WINDOWS_1255, WINDOWS_1256, ISO_8859_6];
    let tables = [(&LATIN, &latin[..]), (&CYRILLIC, &cyrillic[..]), (&GREEK, &greek[..]), (&OTHERS, &others[..])];
    for (table, charsets) in tables {
        for (month, names) in (1..).zip(table) {
            for name in names.split_whitespace().flat_map(cases) {
                months.entry(name.as_bytes().to_ascii_lowercase()).or_insert(month);
                let encoded = charsets.iter().map(|charset| charset.encode(&name)).filter(|(.., lossy)| !lossy);
                let encoded = encoded.map(|(bytes, ..)| bytes.to_ascii_lowercase());
                for bytes in encoded.chain(code_page_850(&name)) {
                    months.entry(bytes).or_insert(month);
                }
            }
        }
    }
    for (name, month, _) in LATIN_BY_LANGUAGE {
        months.insert(name.as_bytes().to_vec(), month);
    }
    // In whatever charset else: what is left must not mean two months.
    for (month, names) in (1..).zip(LATIN) {
        for key in names.split_whitespace().filter_map(|name| ascii_letters(name.as_bytes())) {
            months
                .entry(key)
                .and_modify(|known| {
                    if *known != month {
                        *known = AMBIGUOUS
                    }
                })
                .or_insert(month);
        }
    }
    months
});

/// The name in the code page of DOS in Western Europe, in lower case.
fn code_page_850(name: &str) -> Option<Vec<u8>> {
    let byte = |c: char| match c {
        'ä' => Some(0x84),
        'á' => Some(0xa0),
        'é' => Some(0x82),
        'í' => Some(0xa1),
        'ó' => Some(0xa2),
        'ö' => Some(0x94),
        'û' => Some(0x96),
        'ú' => Some(0xa3),
        'ç' => Some(0x87),
        c => u8::try_from(c).ok().filter(u8::is_ascii),
    };
    if name.is_ascii() { None } else { name.to_lowercase().chars().map(byte).collect() }
}

/// `янв`, `Янв`, `ЯНВ`.
fn cases(name: &str) -> [String; 3] {
    let lower = name.to_lowercase();
    let mut rest = lower.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    [lower.clone(), first + rest.as_str(), name.to_uppercase()]
}

/// The ASCII letters of a name that has others too, in lower case behind a mark.
fn ascii_letters(text: &[u8]) -> Option<Vec<u8>> {
    let letters = || text.iter().filter(|byte| byte.is_ascii());
    let some = !text.is_ascii() && letters().next().is_some();
    some.then(|| [b'?'].into_iter().chain(letters().map(u8::to_ascii_lowercase)).collect())
}

/// Whether the lines speak Croatian: a month that only Croatians know, and a number after or before it.
pub(super) fn speaks_croatian(lines: &[&[u8]]) -> bool {
    let is_number = |text: &[u8]| text.first().is_some_and(u8::is_ascii_digit) && text.len() <= 3;
    lines.iter().any(|line| {
        let words: Vec<&[u8]> = line.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty()).take(12).collect();
        words.windows(2).any(|pair| {
            let name = pair[0].strip_suffix(b".").unwrap_or(pair[0]).to_ascii_lowercase();
            CROATIAN.contains(&name.as_slice()) && is_number(pair[1])
                || CROATIAN.contains(&pair[1].to_ascii_lowercase().as_slice()) && is_number(pair[0])
        })
    })
}
