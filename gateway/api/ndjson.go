package api

import (
	"bytes"
	"encoding/json"
	"mime"

	"showrunner/live"
)

const ndjsonType = "application/x-ndjson"

// isNDJSON knows the media types in use for one JSON value a line.
func isNDJSON(kind string) bool {
	return kind == ndjsonType || kind == "application/ndjson" || kind == "application/jsonl" || kind == "application/x-jsonlines"
}

// splitEvents cuts a body into the texts of its events. A JSON array must be
// whole; of NDJSON each line stands for itself, so a broken one is an item too
// and is rejected alone. Empty lines are no events.
func splitEvents(body []byte, contentType string) ([]json.RawMessage, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	var items []json.RawMessage
	if err == nil && isNDJSON(kind) {
		items, err = splitLines(body)
	} else {
		items, err = splitArray(body)
	}
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, live.Invalid("invalid_field", "", "1 to %d events are required", MaxBatch)
	}
	return items, nil
}

func splitLines(body []byte) ([]json.RawMessage, error) {
	var items []json.RawMessage
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(items) == MaxBatch {
			return nil, tooMany()
		}
		items = append(items, line)
	}
	return items, nil
}

func splitArray(body []byte) ([]json.RawMessage, error) {
	if !json.Valid(body) {
		return nil, malformed(body)
	}
	w := walker{raw: body}
	if w.space(); w.raw[w.pos] != '[' {
		return nil, wrongType("", "an array of events, or NDJSON with the type "+ndjsonType)
	}
	var items []json.RawMessage
	for w.pos++; ; {
		switch w.space(); w.raw[w.pos] {
		case ']':
			return items, nil
		case ',':
			w.pos++
			continue
		}
		if len(items) == MaxBatch {
			return nil, tooMany()
		}
		items = append(items, w.skip())
	}
}

func tooMany() error {
	return live.TooLarge("batch_too_large", "", "at most %d events are allowed in one request", MaxBatch)
}
