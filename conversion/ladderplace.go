package conversion

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// lineAt is the line of an offset into a text, from 1.
func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), int64(len(text)))], []byte("\n"))
}

// faultOffset is where the decoder found the fault.
func faultOffset(err error, dec *json.Decoder, text []byte) int64 {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return syntax.Offset
	case errors.As(err, &kind):
		return kind.Offset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return int64(len(text))
	}
	return dec.InputOffset()
}

// jsonReason says what the decoder found in the words of the file's author.
func jsonReason(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return kind.Field + " must not be a JSON " + kind.Value
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the rules end too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// offsetOf is where the value of a path begins: names of members and indexes of
// arrays. What is missing is where its parent begins.
func offsetOf(text []byte, path []any) int64 {
	dec := json.NewDecoder(bytes.NewReader(text))
	return seek(text, dec, path)
}

func seek(text []byte, dec *json.Decoder, path []any) int64 {
	begin := dec.InputOffset()
	for begin < int64(len(text)) && bytes.IndexByte([]byte(" \t\r\n:,"), text[begin]) >= 0 {
		begin++
	}
	if len(path) == 0 {
		return begin
	}
	open, err := dec.Token()
	delim, ok := open.(json.Delim)
	if err != nil || !ok {
		return begin
	}
	for i := 0; dec.More(); i++ {
		var at any = i
		if delim == '{' {
			if at, err = dec.Token(); err != nil {
				return begin
			}
		}
		if at == path[0] {
			return seek(text, dec, path[1:])
		}
		var skipped json.RawMessage
		if dec.Decode(&skipped) != nil {
			return begin
		}
	}
	return begin
}

// pathText is a path in the words of a refusal: rungs[2].any[0].orders.
func pathText(path []any) string {
	var b strings.Builder
	for _, p := range path {
		switch p := p.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(p) + "]")
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(p)
		}
	}
	return b.String()
}
