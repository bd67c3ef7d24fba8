package report

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"showrunner/analytics"
)

// Names of Office Open XML, which a workbook is made of (ECMA-376, part 1).
const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainSpace = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	relSpace  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	packSpace = `http://schemas.openxmlformats.org/package/2006/relationships`
	typeSpace = `http://schemas.openxmlformats.org/package/2006/content-types`
	sheetType = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
)

// WriteXLSX prints the report as a workbook: a sheet about the show, then one for
// each table, in both languages. Words are text whatever they begin with, and
// never formulas. The same report gives the same bytes.
func WriteXLSX(w io.Writer, r analytics.Report) error {
	var show bytes.Buffer
	show.WriteString(xmlHead + `<worksheet xmlns="` + mainSpace + `"><sheetData>`)
	for i, row := range about(&r) {
		sheetRow(&show, i+1, []string{row[3] + " " + row[4], strings.TrimPrefix(row[5], "'")}, nil)
	}
	show.WriteString(`</sheetData></worksheet>`)
	names, sheets := []string{"场次 show"}, [][]byte{show.Bytes()}
	for _, p := range parts(&r) {
		names, sheets = append(names, p.zh+" "+p.en), append(sheets, sheetOf(&p.table))
	}

	var kinds, book, rels bytes.Buffer
	kinds.WriteString(xmlHead + `<Types xmlns="` + typeSpace + `"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + sheetType + `sheet.main+xml"/>`)
	book.WriteString(xmlHead + `<workbook xmlns="` + mainSpace + `" xmlns:r="` + relSpace + `"><sheets>`)
	rels.WriteString(xmlHead + `<Relationships xmlns="` + packSpace + `">`)
	for i, name := range names {
		n := strconv.Itoa(i + 1)
		kinds.WriteString(`<Override PartName="/xl/worksheets/sheet` + n + `.xml" ContentType="` + sheetType + `worksheet+xml"/>`)
		book.WriteString(`<sheet name="` + escaped(name) + `" sheetId="` + n + `" r:id="rId` + n + `"/>`)
		rels.WriteString(`<Relationship Id="rId` + n + `" Type="` + relSpace + `/worksheet" Target="worksheets/sheet` + n + `.xml"/>`)
	}
	kinds.WriteString(`</Types>`)
	book.WriteString(`</sheets></workbook>`)
	rels.WriteString(`</Relationships>`)

	z := zip.NewWriter(w)
	files := []struct {
		name string
		body []byte
	}{
		{"[Content_Types].xml", kinds.Bytes()},
		{"_rels/.rels", []byte(xmlHead + `<Relationships xmlns="` + packSpace + `"><Relationship Id="rId1" Type="` + relSpace + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`)},
		{"xl/workbook.xml", book.Bytes()},
		{"xl/_rels/workbook.xml.rels", rels.Bytes()},
	}
	for i, body := range sheets {
		files = append(files, struct {
			name string
			body []byte
		}{"xl/worksheets/sheet" + strconv.Itoa(i+1) + ".xml", body})
	}
	for _, f := range files {
		into, err := z.Create(f.name) // Without a time: the bytes are those of the report.
		if err == nil {
			_, err = into.Write(f.body)
		}
		if err != nil {
			return fmt.Errorf("write report as xlsx: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write report as xlsx: %w", err)
	}
	return nil
}

// sheetOf prints a table as a worksheet: names, keys, then its rows.
func sheetOf(t *analytics.Table) []byte {
	var b bytes.Buffer
	head, rows := flat(t)
	b.WriteString(xmlHead + `<worksheet xmlns="` + mainSpace + `"><sheetData>`)
	var names, keys []string
	for _, c := range head {
		names, keys = append(names, c.ZH+" "+c.EN), append(keys, c.Key)
	}
	sheetRow(&b, 1, names, nil)
	sheetRow(&b, 2, keys, nil)
	for n, row := range rows {
		cells, numbers := make([]string, len(row)), make([]bool, len(row))
		for i := range row {
			if cells[i] = row[i].Text; !isText(&head[i]) {
				cells[i], numbers[i] = strconv.FormatInt(row[i].Num, 10), true
			}
		}
		sheetRow(&b, n+3, cells, numbers)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.Bytes()
}

// sheetRow prints one row; numbers nil means that all cells are words.
func sheetRow(b *bytes.Buffer, n int, cells []string, numbers []bool) {
	b.WriteString(`<row r="` + strconv.Itoa(n) + `">`)
	for i, cell := range cells {
		at := column(i) + strconv.Itoa(n)
		if numbers != nil && numbers[i] {
			b.WriteString(`<c r="` + at + `"><v>` + cell + `</v></c>`)
		} else if cell != "" {
			b.WriteString(`<c r="` + at + `" t="inlineStr"><is><t xml:space="preserve">` + escaped(cell) + `</t></is></c>`)
		}
	}
	b.WriteString(`</row>`)
}

// column is the letters of a column, from 0: A, B, … Z, AA.
func column(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return column(i/26-1) + string(rune('A'+i%26))
}

// escaped is text inside XML; what XML cannot hold becomes U+FFFD.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // A Builder takes everything.
	return b.String()
}
