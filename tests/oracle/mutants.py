"""Rules that are wrong in one thing each. That the comparison notices every one of them shows that it can fail."""

from datetime import datetime, time, timedelta

from clock import instant_of, local
from rules import Rota


class R2ReasonOfASwapLost(Rota):
    def r1_piece(self, week, start, end):
        piece = super().r1_piece(week, start, end)
        piece.primary = piece.primary._replace(reason=None)
        return piece


class R3NamesTwice(Rota):
    def r3_once(self, names):
        return names


class R3TimeOffIsReportedAndMovesDuty(Rota):
    def r3_moves_duty(self, primary, instant):
        return self.r3_is_away(primary, instant)


class R4SecondaryCoversOnAnyHoliday(Rota):
    def r4_cannot_cover(self, secondary, instant):
        return self.engineer(secondary).on_time_off(instant)


class R4SomebodyOnHolidayIsFree(Rota):
    def r4_free(self, ranking, taken):
        return [one for one in ranking if one.engineer != taken]


class R4NobodyStandsInForASecondaryWhoIsAway(Rota):
    def r4_backed_up(self, week, pieces):
        return None


class R4StandInMayBeOnHolidayFirst(Rota):
    def r4_stand_in(self, week, period):
        found = super().r4_stand_in(week, period)
        return found and min(
            (who for who, engineer in self.plan.engineers.items()
             if who not in week.pair and all(engineer.is_member(piece.start) for piece in period)
             and not any(self.r4_cannot_cover(who, piece.start) for piece in period)),
            key=lambda who: self.r6_place(self.engineer(who), week),
        )


class R5OnlyTheFirstInstantCounts(Rota):
    def r5_is_conflict(self, week, period):
        return super().r5_is_conflict(week, period[:1])


class R6PrimaryIsNotLast(Rota):
    def r6_order(self, one):
        return one.own_holiday > 0, one.load_after, one.primary_seconds, one.place


class R6MostHoursFirst(Rota):
    def r6_order(self, one):
        return one.own_holiday > 0, one.is_primary, one.load_after, -one.primary_seconds, one.place


class R6FileOrderFromItsStart(Rota):
    def r6_place(self, engineer, week):
        return engineer.seat


class R6OnlyTheLastWeeksCount(Rota):
    R6_DAYS = 100


class R6OwnHolidayCountsOnce(Rota):
    def r6_load(self, who, pieces):
        return sum(piece.seconds for piece in pieces)


class R6OverridesAreNoLoad(Rota):
    R6_LOADING = ("cover", "proposal")


class R6ProposalsAreNoLoad(Rota):
    R6_LOADING = ("cover", "override")


class R6EarlierProposalsOfTheWeekForgotten(Rota):
    def r6_ranking(self, week, period, load):
        return super().r6_ranking(week, period, self.r6_sums(week)[0])


class R7ReportedTimeOffIsNotAway(Rota):
    def r7_is_away(self, who, instant):
        return self.r3_moves_duty(who, instant)


class R8DeadlineOfTheInstantAtWhichTheWeekStarts(Rota):
    """Another instant only where the time of the duty change does not exist on that day."""

    def r8_deadline(self, week):
        starts = local(week.start, self.plan.zone)
        return instant_of(starts - timedelta(days=self.plan.notice_days), self.plan.zone)


class R8LateOnTheDayItself(Rota):
    def r8_is_late(self, week, agreed_on):
        return super().r8_is_late(week, agreed_on and agreed_on + timedelta(days=1))


class R9ReportedTimeOffIsNotAway(Rota):
    def r9_is_away(self, who, instant):
        return self.r3_moves_duty(who, instant)


class R10TwoOverridesAreOneRow(Rota):
    def r10_given_and_hands(self, piece):
        return piece.hands


class R10FormerMembersCount(Rota):
    def r10_counts(self, engineer, piece):
        return True


class R10NoBackupAlsoWhereNamed(Rota):
    def r10_is_no_backup(self, week, piece):
        secondary = week.pair.secondary
        return piece.hands[1] == secondary and self.r4_cannot_cover(secondary, piece.start)


class R11AGapOfOneDayIsBridged(Rota):
    def r11_follows(self, day, later):
        return (later - day).days <= 2


class R11NamedByTheLastOfEquals(Rota):
    def r11_name(self, names, members):
        return super().r11_name(names[::-1], members)


class R11TimeOffOfOneDateStaysApart(Rota):
    def r11_is_one(self, one, away, engineer):
        return any(away.start <= other.end for other in one.absences)


class R11OnCallOverItsDates(Rota):
    def r11_period(self, one):
        dates = [one.first, one.last + timedelta(days=1)]
        return tuple(instant_of(datetime.combine(day, time()), self.plan.zone) for day in dates)


class R11OverdueIsNoWorseThanProposed(Rota):
    R11_WORST_FIRST = [status for status in Rota.R11_WORST_FIRST if status != "overdue"] + ["overdue"]


class R11ARowBelongsToOneOccasion(Rota):
    def r11_occasions(self, opens, closes):
        found, taken = super().r11_occasions(opens, closes), set()
        for one in found:
            one.rows = [row for row in one.rows if id(row) not in taken]
            taken |= {id(row) for row in one.rows}
        return [one for one in found if one.rows]


MUTANTS = Rota.__subclasses__()
