package ws

import (
	"bytes"
	"slices"

	"showrunner/live"
)

// Likes, clicks and heartbeats come by the thousand and wait for nothing but the
// log. Those that a shard reads in one turn of its loop are one piece of work for
// the crew, however many viewers they are from, and their facts go to the log
// together.

// Bounds of a group: of the clients in it, so that a burst is spread over the
// cores, and of the frames of one of them.
const (
	groupClients = 64
	groupFrames  = 16
)

// maxLight is the most bytes of a frame that is taken for one of a group.
const maxLight = 1 << 10

// lightKinds are the facts that are carried out in groups.
var lightKinds = []live.Kind{live.Liked, live.ProductClicked, live.WatchHeartbeat}

// lightWords are they as they stand in a frame.
var lightWords = func() (words [][]byte) {
	for _, k := range lightKinds {
		words = append(words, encode(k))
	}
	return words
}()

// light guesses whether a frame is of such a kind; reading it tells for sure.
func light(raw []byte) bool {
	return len(raw) <= maxLight && slices.ContainsFunc(lightWords, func(word []byte) bool { return bytes.Contains(raw, word) })
}

// light reports whether the frame waits for nothing but the log.
func (in *incoming) light() bool {
	return in.bad != nil || slices.Contains(lightKinds, live.Kind(in.Type))
}

// together has what was read in this turn carried out.
func (s *shard) together() {
	if len(s.light) == 0 {
		return
	}
	for len(s.light) > 0 {
		n := min(len(s.light), groupClients)
		group := s.light[:n:n]
		s.light = s.light[n:]
		s.crews.requests.add(func() { carryTogether(group) })
	}
	s.light, s.lane = nil, s.srv.nextLane()
}

// carryTogether carries out the frames of a group, and then hands their facts on.
func carryTogether(group []*guest) {
	var lines []*factLine
	for _, g := range group {
		g.facts.group = &lines
		g.carry(groupFrames)
	}
	for _, l := range lines {
		l.lane.put(l)
	}
	for _, l := range lines {
		l.lane.start()
	}
}
