package moderation

import (
	ahocorasick "github.com/petar-dambovaliev/aho-corasick"
)

// words finds keywords in plain texts, all of them in one pass.
type words struct {
	given []string // as the room keeps them, by number of the pattern
	find  ahocorasick.AhoCorasick
}

// compile prepares keywords. Several may have one plain form, and one that has
// none is never found.
func compile(given []string) *words {
	w := &words{}
	var patterns []string
	seen := map[string]bool{}
	for _, g := range given {
		p := plainOf(g).text
		if p == "" || seen[p] {
			continue
		}
		seen[p] = true
		w.given, patterns = append(w.given, g), append(patterns, p)
	}
	if len(patterns) == 0 {
		return nil
	}
	builder := ahocorasick.NewAhoCorasickBuilder(ahocorasick.Opts{MatchKind: ahocorasick.StandardMatch})
	w.find = builder.Build(patterns)
	return w
}

// in calls each with every keyword that stands in the text, until it says stop.
func (w *words) in(p *plain, each func(i int) (stop bool)) {
	if w == nil || p.text == "" {
		return
	}
	found := w.find.IterOverlapping(p.text)
	for m := found.Next(); m != nil; m = found.Next() {
		if p.whole(m.Start(), m.End()) && each(m.Pattern()) {
			return
		}
	}
}
