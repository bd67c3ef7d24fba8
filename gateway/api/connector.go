package api

import (
	"context"
	"time"

	"showrunner/live/store"
)

// Connector reads what one kind of shop platform posts; gateway/connector has
// them, and says what each method is for.
type Connector interface {
	Name() string
	Seal(settings map[string]string) (string, error)
	Verify(sealed string, header, query func(string) string, body []byte, now time.Time) error
	Read(sealed string, header func(string) string, body []byte) (store.Delivery, error)
	Challenge(sealed string, query func(string) string) (string, error)
	Requery(ctx context.Context, sealed string, n store.Notice) (store.Delivery, error)
	Reply(sealed string) (contentType, body string)
}

// standard is the connector of Showrunner's own form, and the one that says why
// a request to a source nobody has set up proves nothing.
const standard = "standard"

// tolerance is how far ahead of our clock a fact may lie.
const tolerance = 5 * time.Minute
