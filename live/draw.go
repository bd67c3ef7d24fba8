package live

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// DrawState is where a lucky draw stands.
type DrawState string

// Draw states.
const (
	DrawOpen      DrawState = "open"   // viewers enter
	DrawClosed    DrawState = "closed" // the entries are fixed and published, the seed is not
	DrawDone      DrawState = "drawn"
	DrawCancelled DrawState = "cancelled" // its seed is published all the same
)

// Limits of a draw.
const (
	MaxWinners     = 1000
	MaxDrawEntries = 100_000
	MaxDrawSeconds = 7200
	MaxNonce       = 64 // characters
	// DrawMargin is how much shorter than the draw a task to watch must be, so
	// that who comes at its opening can still do it (domain: two minutes).
	DrawMargin = 2 * time.Minute
	// DrawWithin is how long the crew may wait with drawing once entries are
	// closed; then the system draws. Nobody can let a draw be forgotten.
	DrawWithin = 10 * time.Minute
	// ClaimWithin is how long a winner may wait with claiming the prize.
	ClaimWithin = 48 * time.Hour
	// MaxPrizeMajor is the most a top prize may be worth, in whole units of its
	// currency: 50,000 yuan by the rules of 2020 on prize sales.
	MaxPrizeMajor = 50_000
)

// Draw is a lucky draw. What makes it checkable is in fair.go and docs/fairness.md.
type Draw struct {
	ID         string
	Merchant   MerchantID
	Show       ShowID
	Room       RoomID
	Rehearsal  bool
	Rules      DrawRules
	RulesText  string // the rules as published; RuleHash is its SHA-256
	State      DrawState
	SeedCommit string // SHA-256 of the 32 bytes of the seed, in hex
	// Seed is the secret, in hex. Nobody is told before the draw is drawn or
	// cancelled; see [Draw.Public].
	Seed        string
	Entries     int64
	EntriesHash string // once closed
	Winners     []string
	OpenedAt    time.Time
	ClosesAt    time.Time
	EndedAt     time.Time // drawn or cancelled
	Reason      string    // of the cancellation
}

// RuleHash is the SHA-256 of the rules as published, in hex.
func (d *Draw) RuleHash() string { return hexSum([]byte(d.RulesText)) }

// Public is the draw as everybody may see it now: no seed before its time.
func (d Draw) Public() Draw {
	if d.State != DrawDone && d.State != DrawCancelled {
		d.Seed = ""
	}
	return d
}

// DrawRules are what is announced before anybody enters, and not changed.
type DrawRules struct {
	Version     int        `json:"version"` // of the algorithm: 1
	DrawID      string     `json:"draw_id"`
	MerchantID  MerchantID `json:"merchant_id"`
	RoomID      RoomID     `json:"room_id"`
	ShowID      ShowID     `json:"show_id"`
	Prize       string     `json:"prize"`
	PrizeMinor  int64      `json:"prize_minor"` // value of one prize
	Currency    Currency   `json:"currency"`
	Winners     int64      `json:"winners"`
	Task        Task       `json:"task"`
	TaskMinutes int64      `json:"task_minutes"`
	OpensAt     string     `json:"opens_at"`
	ClosesAt    string     `json:"closes_at"`
	ClaimHours  int64      `json:"claim_hours"`
	Excluded    string     `json:"excluded"`
	SeedCommit  string     `json:"seed_commit"`
}

// DrawExcluded says in the rules who cannot enter.
const DrawExcluded = "hosts of the room, whoever works for the merchant here, and every role but viewer; one entry a person"

// Text is the rules as they are published and hashed.
func (r DrawRules) Text() string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		panic("BUG: rules cannot be encoded: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// EntryState is where an entry stands.
type EntryState string

// Entry states.
const (
	EntryIn        EntryState = "entered"
	EntryWon       EntryState = "won"
	EntryClaimed   EntryState = "claimed"
	EntryForfeited EntryState = "forfeited" // not claimed in time
)

// EnterDraw is a viewer's wish to take part in a draw.
type EnterDraw struct {
	Room     RoomID
	Draw     string
	By       Principal
	Nonce    string // the viewer's own contribution; empty: one is made for them
	Channel  string // of the viewer's arrival
	Campaign string
}

// DrawEntered is a person's entry.
type DrawEntered struct {
	Draw      string
	Entry     string
	Nonce     string
	State     EntryState
	EnteredAt time.Time
	ClaimBy   time.Time // of who won
	Replay    bool      // they had it already
}
