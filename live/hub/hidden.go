package hub

import "showrunner/live"

// hiddenIn finds the comments among messages whose last word, among these, is
// that they are out of sight.
func hiddenIn(msgs []Message) map[int]bool {
	type word struct {
		at     int
		hidden bool
	}
	last := map[string]word{}
	silenced := map[live.PersonID]int{}
	for i := range msgs {
		switch m := &msgs[i]; m.Effect {
		case NoEffect, Says:
		case Hides:
			last[m.Comment] = word{i, true}
		case Restores:
			last[m.Comment] = word{i, false}
		case Silences:
			silenced[m.Author] = i
		}
	}
	hidden := map[int]bool{}
	for i := range msgs {
		m := &msgs[i]
		if m.Effect != Says {
			continue
		}
		w, told := last[m.Comment]
		at, quiet := silenced[m.Author]
		quiet = quiet && m.Author != "" && at > i
		told = told && w.at > i
		if told && w.hidden || quiet && (!told || at > w.at) {
			hidden[i] = true
		}
	}
	return hidden
}
