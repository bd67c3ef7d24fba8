package pdf

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// document is a PDF of the kind that Chromium writes: plain objects, streams
// packed by zlib, fonts with a table from code to character.
type document struct {
	t       *testing.T
	objects map[string][]byte // by number, without their streams
	streams map[string][]byte
	fonts   map[string]map[int]string
}

var (
	object   = regexp.MustCompile(`(?s)\n(\d+) 0 obj\n`)
	length   = regexp.MustCompile(`/Length (\d+)`)
	contents = regexp.MustCompile(`/Contents (\d+) 0 R`)
	unicoded = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)
	named    = regexp.MustCompile(`/F(\d+) (\d+) 0 R`)
	mapped   = regexp.MustCompile(`(?m)^<([0-9A-F]+)> (?:<([0-9A-F]+)> )?<([0-9A-F]+)>$`)
	operator = regexp.MustCompile(`/(F\d+) [-\d.]+ Tf|(<[0-9A-Fa-f]*>|\[[^\]]*\]) ?T[jJ]|\bET\b`)
	codes    = regexp.MustCompile(`<([0-9A-Fa-f]*)>`)
)

func parsed(t *testing.T, data []byte) *document {
	t.Helper()
	d := &document{t: t, objects: map[string][]byte{}, streams: map[string][]byte{}, fonts: map[string]map[int]string{}}
	for rest := data; ; {
		m := object.FindSubmatchIndex(rest)
		if m == nil {
			return d
		}
		name := string(rest[m[2]:m[3]])
		rest = rest[m[1]:]
		end, stream := bytes.Index(rest, []byte("\nendobj")), bytes.Index(rest, []byte("stream\n"))
		if stream < 0 || end >= 0 && end < stream {
			if end < 0 {
				t.Fatalf("object %s does not end", name)
			}
			d.objects[name] = rest[:end]
			rest = rest[end:]
			continue
		}
		d.objects[name] = rest[:stream]
		n, err := strconv.Atoi(string(length.FindSubmatch(rest[:stream])[1]))
		if err != nil {
			t.Fatal(err)
		}
		body := rest[stream+len("stream\n"):][:n]
		if bytes.Contains(rest[:stream], []byte("/FlateDecode")) {
			z, err := zlib.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		d.streams[name] = body
		rest = rest[stream+len("stream\n")+n:]
	}
}

// font is the table of a font: the character of each code.
func (d *document) font(number string) map[int]string {
	if f, ok := d.fonts[number]; ok {
		return f
	}
	f := map[int]string{}
	d.fonts[number] = f
	at := unicoded.FindSubmatch(d.objects[number])
	if at == nil {
		return f
	}
	hex := func(s string) int {
		n, err := strconv.ParseInt(s, 16, 64)
		if err != nil {
			d.t.Fatal(err)
		}
		return int(n)
	}
	for _, m := range mapped.FindAllStringSubmatch(string(d.streams[string(at[1])]), -1) {
		var units []uint16
		for i := 0; i+4 <= len(m[3]); i += 4 {
			units = append(units, uint16(hex(m[3][i:i+4])))
		}
		if from := hex(m[1]); m[2] == "" {
			f[from] = string(utf16.Decode(units))
		} else {
			for c := from; c <= hex(m[2]); c++ {
				f[c] = string(utf16.Decode(units))
				units[len(units)-1]++
			}
		}
	}
	return f
}

// pages are the texts of the pages, each piece on a line of its own.
func (d *document) pages() (out []string) {
	for _, page := range d.objects {
		if !bytes.Contains(page, []byte("/Type /Page\n")) {
			continue
		}
		names := map[string]string{}
		for _, m := range named.FindAllSubmatch(page, -1) {
			names["F"+string(m[1])] = string(m[2])
		}
		var text strings.Builder
		var font map[int]string
		wide := 2
		for _, m := range operator.FindAllStringSubmatch(string(d.streams[string(contents.FindSubmatch(page)[1])]), -1) {
			switch {
			case m[1] != "":
				font = d.font(names[m[1]])
				if wide = 4; bytes.Contains(d.objects[names[m[1]]], []byte("/Type3")) {
					wide = 2
				}
			case m[2] != "":
				for _, s := range codes.FindAllStringSubmatch(m[2], -1) {
					for i := 0; i+wide <= len(s[1]); i += wide {
						n, err := strconv.ParseInt(s[1][i:i+wide], 16, 64)
						if err != nil {
							d.t.Fatal(err)
						}
						text.WriteString(font[int(n)])
					}
				}
			default:
				text.WriteByte('\n')
			}
		}
		out = append(out, text.String())
	}
	return out
}
