package analytics

import (
	"hash/fnv"

	"showrunner/live"
)

// comment is what the fold remembers of one comment of a viewer.
type comment struct {
	who    int32 // -1: nobody in particular
	before int32 // an earlier comment under the same id; -1: none
	hidden bool
}

// comments is which comments of a show are out of sight. They were sent and
// count as sent; shown are those that nobody took out of sight, or that somebody
// restored since.
type comments struct {
	list  []comment
	named map[uint64]int32 // the newest under an id, by its hash
	words map[uint64]bool  // the last word on an id, also one that is yet to come: hidden or restored
}

// hashOf is names in eight bytes, FNV-1a. Two comments of one show that meet by
// chance are hidden together; among a million that happens once in 37 million shows.
func hashOf(names ...string) uint64 {
	h := fnv.New64a()
	for _, n := range names {
		_, _ = h.Write([]byte(n)) // It never fails.
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// say takes in a comment.
func (f *Fold) say(who int32, id string) {
	c := comment{who: who, before: -1}
	i := int32(len(f.said.list))
	if id != "" {
		key := hashOf(id)
		if old, ok := f.said.named[key]; ok {
			c.before = old
		}
		f.said.named[key] = i
		c.hidden = f.said.words[key]
	}
	f.said.list = append(f.said.list, c)
	if !c.hidden {
		f.addShown(who, 1)
	}
}

// addModeration takes in what takes comments out of sight or brings them back.
func (f *Fold) addModeration(e *live.Event) {
	switch e.Kind {
	case live.CommentHidden, live.CommentRestored:
		id := read(e.Data).Comment
		if id == "" {
			return
		}
		key, hidden := hashOf(id), e.Kind == live.CommentHidden
		f.said.words[key] = hidden
		i, ok := f.said.named[key]
		for ok && i >= 0 {
			f.hide(&f.said.list[i], hidden)
			i = f.said.list[i].before
		}
	case live.ViewerMuted, live.ViewerKicked, live.ViewerBlocked:
		who, known := f.roster.Find(e.Person)
		if !known || f.at(who).shown == 0 {
			return
		}
		for i := range f.said.list {
			if f.said.list[i].who == who {
				f.hide(&f.said.list[i], true)
			}
		}
	}
}

func (f *Fold) hide(c *comment, hidden bool) {
	if c.hidden == hidden {
		return
	}
	c.hidden = hidden
	if hidden {
		f.addShown(c.who, -1)
	} else {
		f.addShown(c.who, 1)
	}
}

func (f *Fold) addShown(who int32, n int32) {
	f.raw.CommentShown += int64(n)
	if f.counts(who) {
		f.traffic.CommentShown += int64(n)
	}
	if who >= 0 {
		f.at(who).shown += n
	}
}
