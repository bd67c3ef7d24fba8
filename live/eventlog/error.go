package eventlog

import (
	"fmt"
	"time"

	"showrunner/live"
)

// ErrUnknown says that the answer to a write did not come in time: the events
// may or may not be stored. Offering them again may store them twice; who
// cannot have that gives them an identity and goes through live/ingest.
var ErrUnknown error = live.Unavailable("unknown_whether_stored", time.Second, "unknown whether stored")

// ErrClosed says that the log has stopped: the events are not stored.
var ErrClosed error = live.Unavailable("log_closed", time.Second, "the event log has stopped")

// ErrOutboxMoved says that another relay wrote to the outbox since this log
// last looked: nothing was stored. Ask [Log.OutboxMark] and read on from there.
var ErrOutboxMoved error = live.Conflict("outbox_moved", "another relay has moved the outbox mark")

// ErrReaderLost says that another owner opened the reader of this name: the
// checkpoint is theirs and nothing was committed.
var ErrReaderLost error = live.Conflict("reader_lost", "the reader has another owner")

// A CorruptError is a message that is not what was written: what stands at
// Position cannot be read, and neither can what follows until it is repaired.
type CorruptError struct {
	Position live.Position
	Reason   error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("event log: message %d is corrupt: %v", e.Position.Seq, e.Reason)
}

func (e *CorruptError) Unwrap() error { return e.Reason }

// A TrimmedError says that the events from Wanted on were trimmed; the log
// begins at First.
type TrimmedError struct {
	Wanted, First live.Position
}

func (e *TrimmedError) Error() string {
	return fmt.Sprintf("event log: message %d was trimmed, the log begins at %d", e.Wanted.Seq, e.First.Seq)
}
