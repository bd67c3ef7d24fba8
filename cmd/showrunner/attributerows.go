package main

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"showrunner/conversion/attribution"
)

// rowParts cuts a CSV into parts of whole records: at the last line end of each
// that is outside of quotes.
type rowParts struct {
	in   io.Reader
	size int
	rest []byte // read and not given yet
	done bool
}

// next is nil at the end.
func (r *rowParts) next() ([]byte, error) {
	part := make([]byte, 0, r.size+r.size/8)
	part = append(part, r.rest...)
	r.rest = nil
	for want := r.size; ; want *= 2 {
		for !r.done && len(part) < want {
			part = slices.Grow(part, want-len(part))
			n, err := r.in.Read(part[len(part):want])
			part = part[:len(part)+n]
			if errors.Is(err, io.EOF) {
				r.done = true
			} else if err != nil {
				return nil, err
			}
		}
		if r.done {
			if len(part) == 0 {
				return nil, nil
			}
			return part, nil
		}
		if end := recordEnd(part); end > 0 {
			r.rest = bytes.Clone(part[end:])
			return part[:end], nil
		}
	}
}

// recordEnd is after the last line end outside of quotes; zero if there is none.
func recordEnd(part []byte) int {
	if bytes.IndexByte(part, '"') < 0 {
		return bytes.LastIndexByte(part, '\n') + 1
	}
	quoted, end := false, 0
	for i, c := range part {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			end = i + 1
		}
	}
	return end
}

// mostFields is up to how many columns a row is read the quick way.
const mostFields = 16

// rowReader reads rows the quick way: as almost all programs write them. What it
// does not know it leaves to encoding/csv, which also says what is wrong.
type rowReader struct {
	*attributePlan
	columns  pathColumns
	count    int // of columns
	exponent int
	out      *attribution.BatchBuilder
	fields   [mostFields][]byte
}

// quick reports whether rows can be read without touches in memory.
func (p *attributePlan) quick(columns int) bool {
	return p.By == "channel" && len(p.transforms) == 0 && columns <= mostFields
}

// read takes all rows, or reports false.
func (r *rowReader) read(part []byte) bool {
	for len(part) > 0 {
		line := part
		if end := bytes.IndexByte(part, '\n'); end >= 0 {
			line, part = part[:end], part[end+1:]
		} else {
			part = nil
		}
		if len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
		}
		if len(line) > 0 && (!r.cut(line) || !r.row()) {
			return false
		}
	}
	return true
}

// cut finds the fields of a line.
func (r *rowReader) cut(line []byte) bool {
	for n := 0; ; n++ {
		if n == r.count {
			return false
		}
		var end int
		if len(line) > 0 && line[0] == '"' {
			line = line[1:]
			end = bytes.IndexByte(line, '"')
			if end < 0 {
				return false
			}
			r.fields[n] = line[:end]
			end++
			if end < len(line) && line[end] != ',' {
				return false // a quote in the name
			}
		} else {
			end = bytes.IndexByte(line, ',')
			if end < 0 {
				end = len(line)
			}
			r.fields[n] = line[:end]
			if bytes.IndexByte(r.fields[n], '"') >= 0 {
				return false
			}
		}
		if end >= len(line) {
			return n+1 == r.count
		}
		line = line[end+1:]
	}
}

func (r *rowReader) row() bool {
	path := r.fields[r.columns.path]
	conversions, ok := quickCount(r.fields[r.columns.conversions])
	if !ok || !utf8.Valid(path) {
		return false
	}
	var nulls, minor int64
	var value float64
	if r.columns.nulls >= 0 {
		if nulls, ok = quickCount(r.fields[r.columns.nulls]); !ok {
			return false
		}
	}
	switch {
	case r.columns.minor >= 0:
		if minor, _, ok = quickDecimal(r.fields[r.columns.minor], 0); !ok {
			return false
		}
		value = major(minor, r.exponent)
	case r.columns.value >= 0:
		if minor, value, ok = quickDecimal(r.fields[r.columns.value], r.exponent); !ok {
			return false
		}
	}
	r.touches(path)
	r.out.End(conversions, nulls, minor, value)
	return true
}

// touches reads a path as appendPath does.
func (r *rowReader) touches(path []byte) {
	from := 0
	for i := 0; i <= len(path); {
		next := bytes.IndexByte(path[i:], '>')
		if next < 0 {
			i = len(path)
		} else if i += next; !parts(path, i) {
			i++
			continue
		}
		name := path[from:i]
		if len(name) > 0 && name[0] == ' ' {
			name = name[1:]
		}
		if len(name) > 0 && name[len(name)-1] == ' ' {
			name = name[:len(name)-1]
		}
		if len(name) > 0 && (!printed(name[0]) || !printed(name[len(name)-1])) {
			name = bytes.TrimSpace(name)
		}
		if len(name) > 0 && !r.ours(name) {
			r.out.Touch(name)
		}
		i++
		from = i
	}
}

// printed reports whether a byte cannot be part of a space.
func printed(c byte) bool { return c > ' ' && c < utf8.RuneSelf }

// parts is separates of bytes.
func parts(path []byte, i int) bool {
	if i > 0 && path[i-1] == ' ' && i+1 < len(path) && path[i+1] == ' ' {
		return true
	}
	if i > 0 && printed(path[i-1]) && path[i-1] != '>' {
		return false
	}
	return separates(string(path), i)
}

func (r *rowReader) ours(name []byte) bool {
	return len(r.Internal) > 0 && slices.ContainsFunc(r.Internal, func(c string) bool { return strings.EqualFold(c, string(name)) })
}

// quickCount is parseCount of digits alone.
func quickCount(s []byte) (n int64, ok bool) {
	if len(s) > 12 {
		return 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// quickDecimal is parseMoney of digits with at most as many behind a point as
// the currency has, and few enough that both results are exact.
func quickDecimal(s []byte, exponent int) (minor int64, value float64, ok bool) {
	if len(s) == 0 {
		return 0, 0, true
	}
	negative := s[0] == '-'
	if negative {
		s = s[1:]
	}
	digits, behind := 0, -1
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			minor = minor*10 + int64(c-'0')
			digits++
			if behind >= 0 {
				behind++
			}
		case c == '.' && behind < 0:
			behind = 0
		default:
			return 0, 0, false
		}
		if digits > 12 {
			return 0, 0, false
		}
	}
	behind = max(behind, 0)
	if digits == 0 || behind > exponent {
		return 0, 0, false
	}
	value = float64(minor) / float64(pow10(behind))
	minor *= pow10(exponent - behind)
	if negative {
		minor, value = -minor, -value
	}
	return minor, value, true
}
