package live

import "time"

// Task is what a viewer has to do for a benefit.
type Task string

// Tasks.
const (
	TaskNone   Task = "none"
	TaskWatch  Task = "watch_n" // watch for so long since the benefit opened, with the page visible
	TaskFollow Task = "follow"
)

// Valid reports whether t is a task.
func (t Task) Valid() bool { return t == TaskNone || t == TaskWatch || t == TaskFollow }

// DropWindow says how the drop of a batch ends. Every drop ends with its show
// and by stop_coupon.
type DropWindow string

// Windows of a drop.
const (
	WindowNone    DropWindow = "none"          // when the last coupon is claimed
	WindowStopped DropWindow = "until_stopped" // not by itself: the batch may be raised while it runs
	WindowMinutes DropWindow = "minutes"       // after so many minutes, or with the last coupon
	WindowTime    DropWindow = "time"          // at an instant, or with the last coupon
)

// Valid reports whether w is a window.
func (w DropWindow) Valid() bool {
	return w == WindowNone || w == WindowStopped || w == WindowMinutes || w == WindowTime
}

// MaxDropMinutes bounds the window of a drop.
const MaxDropMinutes = 24 * 60

// CouponDrop is a batch that viewers of a show can claim from now; one at a
// time in a show.
type CouponDrop struct {
	ID        string
	Show      ShowID
	Batch     CouponBatch
	Task      Task
	TaskTime  time.Duration // of TaskWatch
	PerPerson int64         // the batch's limit, and 1 when the task is to follow
	Window    DropWindow
	StartsAt  time.Time
	EndsAt    time.Time // zero: no time is set
	EndedAt   time.Time // zero: it runs
	Reason    DropEnd
	Claimed   int64 // in this drop
}

// DropEnd says why a drop ended.
type DropEnd string

// Why a drop ended.
const (
	DropStopped   DropEnd = "stopped"
	DropTime      DropEnd = "time"
	DropExhausted DropEnd = "exhausted"
	DropShowEnded DropEnd = "show_ended"
	DropVoided    DropEnd = "voided" // the batch
)

// ClaimCoupon is a viewer's wish for a coupon of the drop that runs in a room.
type ClaimCoupon struct {
	Room     RoomID
	Show     ShowID // empty: the show on air in Room
	Batch    string
	By       Principal
	Claim    string // the client's name for the claim; the same again returns the first coupon; may be empty
	Channel  string // of the viewer's arrival
	Campaign string
}

// Watch is a stretch of time a person watched a room with the page visible.
type Watch struct {
	Room        RoomID
	Show        ShowID
	Person      PersonID
	From, Until time.Time
}
