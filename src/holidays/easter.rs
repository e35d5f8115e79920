//! The date of Easter, both of the West and of the Orthodox churches, in the Gregorian calendar.

use chrono::{Days, NaiveDate};

/// Western Easter, by the algorithm of Meeus, Jones and Butcher, valid for all Gregorian years.
pub(super) fn western(year: i32) -> Option<NaiveDate> {
    let (century, rest) = (year.div_euclid(100), year.rem_euclid(100));
    let golden = year.rem_euclid(19);
    let leap_correction = century.div_euclid(4);
    let moon_correction = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let epact = (19 * golden + century - leap_correction - moon_correction + 15).rem_euclid(30);
    let to_sunday =
        (32 + 2 * century.rem_euclid(4) + 2 * rest.div_euclid(4) - epact - rest.rem_euclid(4)).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * to_sunday).div_euclid(451);
    march(year, 22 + epact + to_sunday - 7 * late)
}

/// Orthodox Easter: Meeus' algorithm for the Julian calendar, then the days by which that calendar lags.
pub(super) fn orthodox(year: i32) -> Option<NaiveDate> {
    let full_moon = (19 * year.rem_euclid(19) + 15).rem_euclid(30);
    let to_sunday = (2 * year.rem_euclid(4) + 4 * year.rem_euclid(7) - full_moon + 34).rem_euclid(7);
    // Julian Easter is after February in every year, so a century's own leap day already counts.
    let behind = year.div_euclid(100) - year.div_euclid(400) - 2;
    march(year, 22 + full_moon + to_sunday + behind)
}

/// The date `day` days into March, which may run on into April and May.
fn march(year: i32, day: i32) -> Option<NaiveDate> {
    let days = u64::try_from(day - 1).ok()?;
    NaiveDate::from_ymd_opt(year, 3, 1)?.checked_add_days(Days::new(days))
}
