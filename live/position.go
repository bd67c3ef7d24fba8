package live

// Position is the place of an event in the log: the sequence of the message it
// travelled in and its index there. It is total, the same on every node, and
// the identity of the event's row in ClickHouse.
type Position struct {
	Seq   uint64
	Index uint32
}

// indexBits bounds a message to [MaxBatch] events so that a position fits the
// 53 bits a JSON number keeps exactly: 2^41 messages of 2^12 events.
const indexBits = 12

// MaxBatch is the most events one log message may hold.
const MaxBatch = 1 << indexBits

// Offset is the position as the one number that clients see.
func (p Position) Offset() uint64 { return p.Seq<<indexBits | uint64(p.Index) }

// PositionOf is the inverse of [Position.Offset].
func PositionOf(offset uint64) Position {
	return Position{Seq: offset >> indexBits, Index: uint32(offset & (MaxBatch - 1))}
}

// Less reports whether p comes before q.
func (p Position) Less(q Position) bool {
	return p.Seq < q.Seq || p.Seq == q.Seq && p.Index < q.Index
}

// IsZero reports whether p is before the first event of the log.
func (p Position) IsZero() bool { return p == Position{} }
