// RapidJSON's event-driven reader, for JSON files too large to be held in memory.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    json_event_object_start,
    json_event_object_end,
    json_event_array_start,
    json_event_array_end,
    json_event_key,
    json_event_string,
    json_event_number,
    json_event_other, // true, false, null
} json_event;

// Told of every event that is not nested deeper than asked for: keys, strings and numbers come with
// their text, which lives as long as the call. `offset` is the number of bytes read. Returns whether
// to go on.
typedef bool (*json_handler)(
    void *context, json_event event, const char *text, size_t length, size_t offset);

typedef enum { json_outcome_ok, json_outcome_stopped, json_outcome_malformed } json_outcome;

typedef struct {
    json_outcome outcome;
    size_t offset;
    const char *reason; // static; null unless malformed
} json_result;

// Reads one JSON value, and no byte after it, from a file of `size` bytes. Everything is checked,
// UTF-8 included, but events inside more than `depth` arrays and objects are not told.
json_result json_parse(FILE *file, size_t size, int depth, json_handler handler, void *context);

#ifdef __cplusplus
}
#endif
