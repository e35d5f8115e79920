/* Reads a feed on standard input with libical and prints a line for each event:
   uid, start, end and status, parted by tabs, then the summary. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stamp(struct icaltimetype time) {
    if (time.is_date)
        printf("%04d-%02d-%02d", time.year, time.month, time.day);
    else
        printf("%04d-%02d-%02dT%02d:%02d:%02dZ", time.year, time.month, time.day, time.hour, time.minute, time.second);
}

int main(void) {
    size_t size = 0, room = 1 << 16;
    char *text = malloc(room);
    size_t got;
    while (text && (got = fread(text + size, 1, room - size - 1, stdin)) > 0) {
        size += got;
        if (room - size < 2) text = realloc(text, room *= 2);
    }
    if (!text) return 1;
    text[size] = 0;
    icalcomponent *calendar = icalparser_parse_string(text);
    if (!calendar || icalcomponent_count_errors(calendar) != 0 || !icalrestriction_check(calendar)) {
        fprintf(stderr, "libical finds errors\n%s\n", calendar ? icalcomponent_as_ical_string(calendar) : "");
        return 1;
    }
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    for (; event; event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        struct icaltimetype start = icalcomponent_get_dtstart(event), end = icalcomponent_get_dtend(event);
        if (!start.is_date && !icaltime_is_utc(start)) return 1;
        printf("%s\t", icalcomponent_get_uid(event));
        stamp(start);
        printf("\t");
        stamp(end);
        printf("\t%s\t%s\n", icalproperty_enum_to_string(icalcomponent_get_status(event)), icalcomponent_get_summary(event));
    }
    icalcomponent_free(calendar);
    free(text);
    return 0;
}
