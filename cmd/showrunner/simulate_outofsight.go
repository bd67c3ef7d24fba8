package main

import (
	"encoding/json"

	"showrunner/live"
)

// simSaid is a comment as an eye saw it.
type simSaid struct{ comment, author string }

// simWord is an event that takes comments out of sight, or brings one back.
type simWord struct {
	at      int    // how many events the eye had seen before it
	comment string // the one comment it is about
	author  string // else all earlier ones of this person
	shows   bool   // it brings the comment back
}

// outOfSight is what an eye knows of the comments it need not have seen: who
// returns is not shown a comment that was hidden, or whose author was silenced,
// before the return.
type outOfSight struct {
	said    map[string]simSaid // by the id of the event
	words   []simWord
	returns []int // how many events the eye had seen at each return that was recovered
}

// note keeps what an event, before which the eye had seen so many, means for
// comments.
func (o *outOfSight) note(x *simEvent, seen int) {
	kind := live.Kind(x.Type)
	var d struct {
		Comment string `json:"comment_id"`
		Viewer  string `json:"viewer_id"`
	}
	if json.Unmarshal(x.Data, &d) != nil {
		return
	}
	switch {
	case kind == live.CommentSent:
		if o.said == nil {
			o.said = map[string]simSaid{}
		}
		o.said[x.EventID] = simSaid{d.Comment, x.Actor.ID}
	case kind == live.CommentHidden, kind == live.CommentRestored:
		o.words = append(o.words, simWord{at: seen, comment: d.Comment, shows: kind == live.CommentRestored})
	case kind.Silences():
		o.words = append(o.words, simWord{at: seen, author: d.Viewer})
	}
}

// spared reports whether a comment that is missing before the eye's event of that
// place lay out of sight when the eye returned: what it was shown of the time it was
// away ends with a word that hides the comment.
func (o *outOfSight) spared(s simSaid, place int) bool {
	from, until := -1, 0
	for _, r := range o.returns {
		switch {
		case r <= place:
			from, until = r, 1<<62
		case until > r:
			until = r
		}
	}
	if from < 0 {
		return false
	}
	hidden := false
	for _, w := range o.words {
		if w.at < from || w.at >= until {
			continue
		}
		if w.comment != "" && w.comment == s.comment {
			hidden = !w.shows
		} else if w.author != "" && w.author == s.author {
			hidden = true
		}
	}
	return hidden
}

// silenced reports whether the eye saw the person silenced: a comment that came in
// the same moment is shown to nobody.
func (o *outOfSight) silenced(person string) bool {
	for _, w := range o.words {
		if w.author != "" && w.author == person {
			return true
		}
	}
	return false
}
