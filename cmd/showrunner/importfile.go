package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// importRecord is one record of the file: a line of NDJSON or a row of CSV.
type importRecord struct {
	start       int64 // byte offset
	startLines  int64 // lines before it
	line        int64 // number of its first line, from 1
	raw         []byte
	row         map[string]string // of CSV, without the empty cells
	bad         string            // why it could not be read; then there is nothing else
	parsedAsCSV bool
}

// importReader gives the records of a file one by one and knows its place.
type importReader interface {
	// next ends with io.EOF. A record that cannot be read has bad set.
	next() (importRecord, error)
	offset() int64 // behind the last record
	lines() int64  // up to there
}

// maxImportLine bounds one line of NDJSON.
const maxImportLine = 1 << 20

// jsonLines reads NDJSON.
type jsonLines struct {
	r           *bufio.Reader
	at, counted int64
}

func newJSONLines(f io.ReaderAt, size, offset, lines int64) *jsonLines {
	return &jsonLines{r: bufio.NewReaderSize(io.NewSectionReader(f, offset, size-offset), 64<<10), at: offset, counted: lines}
}

func (j *jsonLines) offset() int64 { return j.at }
func (j *jsonLines) lines() int64  { return j.counted }

func (j *jsonLines) next() (importRecord, error) {
	for {
		rec := importRecord{start: j.at, startLines: j.counted, line: j.counted + 1}
		line, err := j.r.ReadSlice('\n')
		j.at += int64(len(line))
		rec.raw = append(rec.raw, line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = j.r.ReadSlice('\n')
			j.at += int64(len(line))
			if len(rec.raw) <= maxImportLine {
				rec.raw = append(rec.raw, line...)
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return rec, fmt.Errorf("read line %d: %w", rec.line, err)
		}
		if len(rec.raw) == 0 {
			return rec, io.EOF
		}
		j.counted++
		rec.raw = bytes.TrimSpace(bytes.TrimPrefix(rec.raw, []byte("\ufeff")))
		switch {
		case len(rec.raw) > maxImportLine:
			rec.raw, rec.bad = nil, fmt.Sprintf("the line is longer than %d bytes", maxImportLine)
		case len(rec.raw) == 0:
			continue
		}
		return rec, nil
	}
}

// csvLines reads CSV with a header.
type csvLines struct {
	r            *csv.Reader
	header       []string
	base, before int64 // offset and lines at which r began
	counted      int64
}

func newCSVLines(f io.ReaderAt, size, offset, lines int64) (*csvLines, error) {
	c := &csvLines{r: csvReader(f, 0, size)}
	header, err := c.r.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: read the header: %w", errUsage, err)
	}
	seen := map[string]bool{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if name == "" || seen[name] {
			return nil, fmt.Errorf("%w: column %d of the header has no name of its own", errUsage, i+1)
		}
		seen[name] = true
		c.header = append(c.header, name)
	}
	c.counted = 1
	if offset > c.r.InputOffset() {
		c.r, c.base, c.before, c.counted = csvReader(f, offset, size), offset, lines, lines
	}
	return c, nil
}

func csvReader(f io.ReaderAt, offset, size int64) *csv.Reader {
	r := csv.NewReader(bufio.NewReaderSize(io.NewSectionReader(f, offset, size-offset), 64<<10))
	r.FieldsPerRecord = -1
	return r
}

func (c *csvLines) offset() int64 { return c.base + c.r.InputOffset() }
func (c *csvLines) lines() int64  { return c.counted }

func (c *csvLines) next() (importRecord, error) {
	rec := importRecord{start: c.offset(), startLines: c.counted, parsedAsCSV: true}
	row, err := c.r.Read()
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		rec.line, rec.bad = c.before+int64(e.StartLine), e.Err.Error()
		c.counted = c.before + int64(e.Line)
		return rec, nil
	}
	if err != nil {
		return rec, err
	}
	line, _ := c.r.FieldPos(0)
	rec.line = c.before + int64(line)
	last, _ := c.r.FieldPos(len(row) - 1)
	c.counted = c.before + int64(last) + int64(strings.Count(row[len(row)-1], "\n"))
	if len(row) != len(c.header) {
		rec.bad = fmt.Sprintf("the row has %d cells, the header %d", len(row), len(c.header))
		return rec, nil
	}
	rec.row = make(map[string]string, len(row))
	for i, v := range row {
		if v = strings.TrimSpace(v); v != "" {
			rec.row[c.header[i]] = v
		}
	}
	return rec, nil
}
