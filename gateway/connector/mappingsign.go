package connector

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // schemes of platforms
	"crypto/sha1" //nolint:gosec // schemes of platforms
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"time"
)

// signing is how a mapped platform proves that a request is its own: a digest
// over a template, compared with a header or a query parameter.
type signing struct {
	algorithm string
	template  []piece
	at        source
	prefix    string
	base64    bool
	stamp     source
	millis    bool
	tolerance time.Duration
}

// piece is literal text or, with kind set, what stands in its place.
type piece struct{ kind, text string }

// Placeholders of a template.
const (
	pieceBody   = "body"
	pieceSecret = "secret"
	pieceApp    = "app_id"
	pieceHeader = "header"
	pieceQuery  = "query"
)

func (m *Mapping) readSigning(f *form) {
	f.object("algorithm", "template", "header", "query", "prefix", "encoding", "timestamp")
	s := &m.sign
	s.algorithm = f.need("algorithm").word("", "hmac-sha256", "hmac-sha1", "md5")
	t := f.need("template")
	s.template = t.template()
	has := map[string]bool{}
	for _, p := range s.template {
		has[p.kind] = true
	}
	switch {
	case t.n == nil:
	case !has[pieceBody]:
		t.fail("must contain {body}: else the body could be exchanged")
	case s.algorithm == "md5" && !has[pieceSecret]:
		t.fail("must contain {secret}: %s has no key beside it", s.algorithm)
	}
	h, q := f.have("header"), f.have("query")
	if f.n != nil && (h.n == nil) == (q.n == nil) {
		f.fail("needs either a header or a query parameter")
	}
	s.at = source{header: h.text(""), query: q.text(""), set: true}
	s.prefix = f.have("prefix").text("")
	s.base64 = f.have("encoding").word("hex", "hex", "base64") == "base64"
	stamp := f.have("timestamp")
	if stamp.n == nil {
		return
	}
	stamp.object("header", "query", "unit", "tolerance_seconds")
	if h, q := stamp.have("header"), stamp.have("query"); (h.n == nil) == (q.n == nil) {
		stamp.fail("needs either a header or a query parameter")
	} else {
		s.stamp = source{header: h.text(""), query: q.text(""), set: true}
	}
	signed := false
	for _, p := range s.template {
		signed = signed || p.kind == pieceHeader && strings.EqualFold(p.text, s.stamp.header) || p.kind == pieceQuery && p.text == s.stamp.query
	}
	if !signed {
		stamp.fail("must be part of the template: else it could be exchanged")
	}
	s.millis = stamp.have("unit").word("s", "s", "ms") == "ms"
	limit := stamp.have("tolerance_seconds")
	n, err := strconv.Atoi(limit.text("300"))
	if err != nil || n < 1 || n > 86_400 {
		limit.fail("must be 1 to 86400")
	}
	s.tolerance = time.Duration(n) * time.Second
}

// template cuts a text at its {placeholders}.
func (f *form) template() []piece {
	var out []piece
	rest := f.text("")
	for rest != "" {
		before, after, open := strings.Cut(rest, "{")
		if before != "" {
			out = append(out, piece{text: before})
		}
		if !open {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		kind, arg, _ := strings.Cut(name, ":")
		switch {
		case !closed:
			f.fail("a { is not closed")
		case (kind == pieceBody || kind == pieceSecret || kind == pieceApp) && arg == "", (kind == pieceHeader || kind == pieceQuery) && arg != "":
			out = append(out, piece{kind: kind, text: arg})
		default:
			f.fail("{%s} is not known; known are {body}, {secret}, {app_id}, {header:name} and {query:name}", clip(name))
		}
		rest = tail
	}
	return out
}

// verify compares the digest in constant time.
func (s *signing) verify(set Settings, header, query func(string) string, body []byte, now time.Time) error {
	got, ok := strings.CutPrefix(s.at.outside(header, query), s.prefix)
	var sum []byte
	var err error
	if s.base64 {
		sum, err = base64.StdEncoding.DecodeString(got)
	} else {
		sum, err = hex.DecodeString(got)
	}
	if !ok || err != nil || set[SettingSecret] == "" {
		return forged("the signature is missing or not of the right form")
	}
	var h hash.Hash
	switch s.algorithm {
	case "hmac-sha256":
		h = hmac.New(sha256.New, []byte(set[SettingSecret]))
	case "hmac-sha1":
		h = hmac.New(sha1.New, []byte(set[SettingSecret]))
	default:
		h = md5.New() //nolint:gosec // the platform's own scheme
	}
	for _, p := range s.template {
		switch p.kind {
		case pieceBody:
			h.Write(body)
		case pieceSecret:
			h.Write([]byte(set[SettingSecret]))
		case pieceApp:
			h.Write([]byte(set[SettingAppID]))
		case pieceHeader:
			h.Write([]byte(header(p.text)))
		case pieceQuery:
			h.Write([]byte(query(p.text)))
		default:
			h.Write([]byte(p.text))
		}
	}
	if !hmac.Equal(sum, h.Sum(nil)) {
		return forged("the signature does not verify")
	}
	return s.fresh(header, query, now)
}

func (s *signing) fresh(header, query func(string) string, now time.Time) error {
	if !s.stamp.set {
		return nil
	}
	n, err := strconv.ParseInt(s.stamp.outside(header, query), 10, 64)
	if err != nil {
		return forged("the time of the signature is not a number")
	}
	at := time.Unix(n, 0)
	if s.millis {
		at = time.UnixMilli(n)
	}
	if d := now.Sub(at); d > s.tolerance || d < -s.tolerance {
		return stale("the time of the signature", s.tolerance)
	}
	return nil
}

// outside is the value of a header or query parameter.
func (s source) outside(header, query func(string) string) string {
	if s.header != "" {
		return header(s.header)
	}
	if s.query != "" {
		return query(s.query)
	}
	return ""
}
