package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// pathRow is one row of a CSV of paths.
type pathRow struct {
	path               string
	conversions, nulls int64
	value              float64
	minor              int64
	rounded            bool
}

// pathColumns are the columns of a CSV of paths; -1 for one it does not have.
type pathColumns struct{ path, conversions, nulls, value, minor, currency int }

// splitRows reads a CSV of paths and gives its parts away.
func (p *attributePlan) splitRows(in io.Reader, run *attributeRun, give func(func() attributePart) bool) error {
	parts := rowParts{in: in, size: attributeChunk}
	part, err := parts.next()
	if err != nil {
		return fmt.Errorf("read input: %w", err)
	}
	r := csv.NewReader(bytes.NewReader(part))
	head, err := r.Read()
	if err != nil {
		return csvFault(err, 0)
	}
	columns, unused, err := readHeader(head, r)
	if err != nil {
		return err
	}
	if len(unused) > 0 {
		run.notes = append(run.notes, "columns that are not used: "+strings.Join(unused, ", "))
	}
	rows := csvRows{p, columns, len(head), live.Currency(p.Currency).Exponent()}
	body := r.InputOffset()
	before := bytes.Count(part[:body], []byte{'\n'})
	for part = part[body:]; part != nil; {
		these, lines := part, before
		if !give(func() attributePart { return rows.tally(these, lines) }) {
			return nil
		}
		before += bytes.Count(part, []byte{'\n'})
		if part, err = parts.next(); err != nil {
			return fmt.Errorf("read input: %w", err)
		}
	}
	return nil
}

// csvRows is how the rows of a CSV are read.
type csvRows struct {
	*attributePlan
	columns  pathColumns
	count    int // of columns
	exponent int
}

// tally takes a part of whole rows, before which there are so many lines.
func (r *csvRows) tally(part []byte, before int) attributePart {
	if r.quick(r.count) {
		quick := rowReader{attributePlan: r.attributePlan, columns: r.columns, count: r.count, exponent: r.exponent}
		quick.out = attribution.NewBatchBuilder(len(part) / 24)
		if quick.read(part) {
			out := attributePart{tally: r.attributePlan.tally()}
			if out.tally.AddBatch(quick.out.Batch) == nil {
				return out
			}
		}
	}
	return r.slowly(part, before)
}

// slowly takes any row, and names what is wrong with it.
func (r *csvRows) slowly(part []byte, before int) attributePart {
	out := attributePart{tally: r.attributePlan.tally()}
	in := csv.NewReader(bytes.NewReader(part))
	in.ReuseRecord, in.FieldsPerRecord = true, r.count
	var touches []conversion.Touchpoint
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			return attributePart{err: csvFault(err, before)}
		}
		row, bad, err := r.columns.read(record, r.exponent)
		line, column := in.FieldPos(bad)
		if err != nil {
			return attributePart{err: fmt.Errorf("line %d, column %d (%s): %w", before+line, column, r.columns.name(bad), err)}
		}
		if row.rounded {
			out.rounded++
		}
		touches = appendPath(touches[:0], row.path)
		path := pathOf(r.prepared(r.internal(touches)), row.conversions, row.nulls, row.value, row.minor)
		if err := out.tally.Add(&path); err != nil {
			return attributePart{err: fmt.Errorf("line %d: %w", before+line, err)}
		}
	}
}

// csvFault names the place of what encoding/csv did not understand, in a part
// before which there are so many lines.
func csvFault(err error, before int) error {
	if at, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("line %d, column %d: %w", before+at.Line, at.Column, at.Err)
	}
	return fmt.Errorf("read input: %w", err)
}

// readHeader finds the columns by name.
func readHeader(head []string, r *csv.Reader) (c pathColumns, unused []string, err error) {
	c = pathColumns{-1, -1, -1, -1, -1, -1}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		at := c.at(name)
		if at == nil {
			unused = append(unused, strconv.Quote(name))
			continue
		}
		if *at >= 0 {
			line, column := r.FieldPos(i)
			return c, nil, fmt.Errorf("line %d, column %d: the column %s stands twice", line, column, name)
		}
		*at = i
	}
	switch {
	case c.path < 0:
		return c, nil, errors.New("line 1: the column path is missing: the header is path,conversions,value,nulls")
	case c.conversions < 0:
		return c, nil, errors.New("line 1: the column conversions is missing: the header is path,conversions,value,nulls")
	case c.value >= 0 && c.minor >= 0:
		return c, nil, errors.New("line 1: value and value_minor are the same money; give one of them")
	}
	return c, unused, nil
}

func (c *pathColumns) at(name string) *int {
	switch name {
	case "path":
		return &c.path
	case "conversions":
		return &c.conversions
	case "nulls":
		return &c.nulls
	case "value":
		return &c.value
	case "value_minor":
		return &c.minor
	}
	return nil
}

func (c *pathColumns) name(i int) string {
	for _, name := range []string{"path", "conversions", "nulls", "value", "value_minor"} {
		if *c.at(name) == i {
			return name
		}
	}
	return "?"
}

// read takes a row; bad is the field of the error. Empty numbers are zero.
func (c *pathColumns) read(record []string, exponent int) (row pathRow, bad int, err error) {
	row.path = record[c.path]
	if !utf8.ValidString(row.path) {
		return row, c.path, errors.New("is not UTF-8")
	}
	if row.conversions, err = parseCount(record[c.conversions]); err != nil {
		return row, c.conversions, err
	}
	if c.nulls >= 0 {
		if row.nulls, err = parseCount(record[c.nulls]); err != nil {
			return row, c.nulls, err
		}
	}
	switch {
	case c.minor >= 0:
		bad = c.minor
		if s := strings.TrimSpace(record[c.minor]); s != "" {
			if row.minor, err = strconv.ParseInt(s, 10, 64); err != nil {
				return row, c.minor, fmt.Errorf("%q is not a whole number", s)
			}
		}
		row.value = major(row.minor, exponent)
	case c.value >= 0:
		bad = c.value
		if s := strings.TrimSpace(record[c.value]); s != "" {
			if row.value, row.minor, row.rounded, err = parseMoney(s, exponent); err != nil {
				return row, c.value, err
			}
		}
	}
	if row.minor > live.MaxMinor || row.minor < -live.MaxMinor {
		return row, bad, fmt.Errorf("is beyond %d minor units", int64(live.MaxMinor))
	}
	return row, c.path, nil
}

// maxCount bounds the journeys of one row.
const maxCount = 1_000_000_000_000

// parseCount reads a number of journeys. Other programs write 3 as 3.0.
func parseCount(s string) (int64, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, nil
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.Trim(fraction, "0") != "" || n < 0 || n > maxCount {
		return 0, fmt.Errorf("%q is not a whole number of 0 to %d", s, int64(maxCount))
	}
	return n, nil
}

// parseMoney reads a decimal of major units, exactly; minor is rounded half away
// from zero if it has more digits than the currency.
func parseMoney(s string, exponent int) (value float64, minor int64, rounded bool, err error) {
	wrong := fmt.Errorf("%q is not a decimal number", s)
	if len(s) > 64 || strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) }) >= 0 {
		return 0, 0, false, wrong
	}
	if value, err = strconv.ParseFloat(s, 64); err != nil {
		return 0, 0, false, wrong
	}
	if max(value, -value) > live.MaxMinor {
		return 0, 0, false, fmt.Errorf("%q is beyond %d minor units", s, int64(live.MaxMinor))
	}
	exact, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, 0, false, wrong
	}
	scaled := exact.Mul(exact, new(big.Rat).SetInt64(pow10(exponent)))
	num, den := scaled.Num(), scaled.Denom()
	// floor(|x| + 1/2), with the sign put back.
	twice := new(big.Int).Mul(new(big.Int).Abs(num), big.NewInt(2))
	whole := twice.Add(twice, den).Quo(twice, new(big.Int).Mul(den, big.NewInt(2)))
	minor = whole.Int64()
	if num.Sign() < 0 {
		minor = -minor
	}
	return value, minor, !scaled.IsInt(), nil
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// major is money in major units.
func major(minor int64, exponent int) float64 { return float64(minor) / float64(pow10(exponent)) }

// appendPath reads the touches of a path: names joined by ">" that stands alone
// between spaces, so that a name may have one in it. Empty names are dropped.
func appendPath(touches []conversion.Touchpoint, path string) []conversion.Touchpoint {
	from := 0
	for i := 0; i <= len(path); i++ {
		if i < len(path) && !separates(path, i) {
			continue
		}
		if name := strings.TrimSpace(path[from:i]); name != "" {
			touches = append(touches, conversion.Touchpoint{Channel: name})
		}
		from = i + 1
	}
	return slices.Clip(touches)
}

// separates reports whether path[i] is a ">" that nothing but spaces touches.
func separates(path string, i int) bool {
	if path[i] != '>' {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(path[:i])
	after, _ := utf8.DecodeRuneInString(path[i+1:])
	return (i == 0 || unicode.IsSpace(before) || before == '>') && (i+1 == len(path) || unicode.IsSpace(after) || after == '>')
}
