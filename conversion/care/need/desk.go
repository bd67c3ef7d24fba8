package need

import (
	"context"
	"errors"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// Desk is [Entries] of the service desk.
type Desk struct{ Desk *desk.Desk }

// Ship makes an entry that is named after the need: made again it is the same.
func (d Desk) Ship(ctx context.Context, e NewEntry, by live.Principal) (string, error) {
	made, err := d.Desk.CreateEntry(ctx, by, desk.Entry{
		Merchant: e.Merchant, ID: "of-" + e.FromNeed, Type: care.EntryType(e.Type), Title: e.Title, Scope: e.Scope, Need: e.FromNeed,
	})
	if errors.Is(err, live.Conflict("entry_exists", "")) {
		return "of-" + e.FromNeed, nil
	}
	return made.ID, err
}

// Usage is what the desk counted of an entry.
func (d Desk) Usage(ctx context.Context, m live.MerchantID, entry string, by live.Principal) (Usage, error) {
	e, err := d.Desk.Entry(ctx, m, by, entry)
	return Usage{Exposed: e.Exposed, Opened: e.Opened, Resolved: e.Resolved, Retired: !e.Retired.IsZero()}, err
}

// Retire takes an entry out of use; one that is already stays so.
func (d Desk) Retire(ctx context.Context, m live.MerchantID, entry string, by live.Principal) error {
	_, err := d.Desk.RetireEntry(ctx, m, by, entry)
	if errors.Is(err, live.Conflict("entry_retired", "")) {
		return nil
	}
	return err
}
