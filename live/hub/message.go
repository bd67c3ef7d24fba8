package hub

import "showrunner/live"

// Message is one event of a room as its members will see it.
type Message struct {
	// Offset is the event's place in the log. Offsets of a room only grow.
	Offset uint64
	// Audience is who may see it. Messages for nobody are not kept.
	Audience live.Audience
	// Person is the only one who sees a message of live.AudiencePerson.
	Person live.PersonID
	// JSON is the encoded event. Nil: shown to [ClassMoney] only.
	JSON []byte
	// Money, if not nil, is what [ClassMoney] sees instead of JSON.
	Money []byte
	// Alone marks JSON as a whole frame that is sent as it is, in its place
	// among the others, instead of inside the events of a frame.
	Alone bool

	// Effect is what the message is or does to a comment: Comment names it,
	// Author wrote it. Who gets a comment together with what took it out of
	// sight is not shown it at all.
	Effect  Effect
	Comment string
	Author  live.PersonID

	// Droppable marks a comment that a large room may leave out for all but its
	// author, when there are more than anybody reads. Panels see every one.
	Droppable bool
	thinned   bool // it is left out
}

// Effect is what a message means for comments.
type Effect uint8

// Effects.
const (
	NoEffect Effect = iota
	Says            // it is the comment Comment of Author
	Hides           // it takes Comment out of sight
	Restores        // it brings Comment back
	Silences        // it takes all earlier comments of Author out of sight
)

// Class is what a member may see. Every class gets its own frame only when a
// tick holds something that classes see differently.
type Class uint8

// Classes, from the least to the most.
const (
	ClassViewer Class = iota // what concerns the whole room
	ClassPanel               // and what panels see, without money
	ClassMoney               // and money
	classes                  // their number
)

// view is what a member of the class sees of the message; nil is nothing.
func (m *Message) view(c Class, person live.PersonID) []byte {
	switch {
	case m.thinned && c == ClassViewer && (person == "" || person != m.Author):
	case m.Audience == live.AudiencePerson:
		if person != "" && person == m.Person {
			return m.JSON
		}
	case m.Audience == live.AudienceRoom, m.Audience == live.AudiencePanel && c >= ClassPanel:
		if c == ClassMoney && m.Money != nil {
			return m.Money
		}
		return m.JSON
	}
	return nil
}

// special reports whether some class sees the message differently.
func (m *Message) special() bool {
	return m.Audience != live.AudienceRoom || m.Money != nil || m.JSON == nil || m.Alone || m.thinned
}

// urgent reports whether the message is no talk: what everybody has to know, such
// as a price, or what one person waits for. Figures of panels can wait.
func (m *Message) urgent() bool { return m.Effect != Says && m.Audience != live.AudiencePanel }

// size is what the message costs in the ring, in bytes.
func (m *Message) size() int { return len(m.JSON) + len(m.Money) }

// Framer encodes the events of one tick. It must not keep the slices.
type Framer interface {
	// Events joins encoded events into one frame that brings its receiver
	// up to offset.
	Events(epoch string, offset uint64, events [][]byte) []byte
}

// maxFrameEvents bounds the events of one frame when many are sent at once:
// at most after a recovery or a burst, never in an ordinary tick.
const maxFrameEvents = 512
