#include "CRapidJSON.h"

#include <rapidjson/error/en.h>
#include <rapidjson/filereadstream.h>
#include <rapidjson/reader.h>

namespace {

// Arrays and objects in one another; the parser keeps its own stack, on the heap.
constexpr int greatestDepth = 64;

struct Events {
    json_handler handler;
    void *context;
    rapidjson::FileReadStream &stream;
    int told;
    int depth = 0;
    bool tooDeep = false;

    bool tell(json_event event, const char *text = nullptr, size_t length = 0) {
        return depth > told || handler(context, event, text, length, stream.Tell());
    }
    bool enter(json_event event) {
        if (++depth > greatestDepth) {
            tooDeep = true;
            return false;
        }
        return tell(event);
    }
    bool leave(json_event event) {
        bool goesOn = tell(event);
        --depth;
        return goesOn;
    }

    bool Null() { return tell(json_event_other); }
    bool Bool(bool) { return tell(json_event_other); }
    // Numbers come as text: most are of no interest and need not be converted.
    bool RawNumber(const char *text, rapidjson::SizeType length, bool) {
        return tell(json_event_number, text, length);
    }
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(int64_t) { return false; }
    bool Uint64(uint64_t) { return false; }
    bool Double(double) { return false; }
    bool String(const char *text, rapidjson::SizeType length, bool) {
        return tell(json_event_string, text, length);
    }
    bool Key(const char *text, rapidjson::SizeType length, bool) {
        return tell(json_event_key, text, length);
    }
    bool StartObject() { return enter(json_event_object_start); }
    bool EndObject(rapidjson::SizeType) { return leave(json_event_object_end); }
    bool StartArray() { return enter(json_event_array_start); }
    bool EndArray(rapidjson::SizeType) { return leave(json_event_array_end); }
};

} // namespace

json_result json_parse(FILE *file, size_t size, int depth, json_handler handler, void *context) {
    static_assert(sizeof(size_t) >= 8, "files are larger than 4 GB");
    char buffer[1 << 16];
    rapidjson::FileReadStream stream(file, buffer, sizeof buffer);
    Events events{handler, context, stream, depth};
    rapidjson::Reader reader;
    constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                               rapidjson::kParseNumbersAsStringsFlag |
                               rapidjson::kParseValidateEncodingFlag;
    rapidjson::ParseResult result = reader.Parse<flags>(stream, events);
    if (events.tooDeep) return {json_outcome_malformed, stream.Tell(), "Nested too deep."};
    if (result.Code() == rapidjson::kParseErrorTermination)
        return {json_outcome_stopped, result.Offset(), nullptr};
    if (result.IsError())
        return {
            json_outcome_malformed, result.Offset(), rapidjson::GetParseError_En(result.Code())};
    // The parser takes a zero byte for the end.
    if (stream.Tell() != size)
        return {json_outcome_malformed, stream.Tell(), "A zero byte is in the text."};
    return {json_outcome_ok, size, nullptr};
}
