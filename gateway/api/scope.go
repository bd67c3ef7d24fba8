package api

import (
	"context"
	"errors"

	"showrunner/live"
)

// notFound is the one answer for what is not there and for what belongs to
// somebody else, so that the words cannot be told apart.
func notFound(what, id string) error {
	return live.NotFound(what+"_not_found", "there is no %s %q", what, clipped(id))
}

func isNotFound(err error) bool {
	var e *live.Error
	return errors.As(err, &e) && e.Fault == live.FaultNotFound
}

// room finds a room the caller's scope reaches.
func (a *API) room(ctx context.Context, p live.Principal, id live.RoomID) (live.Room, error) {
	if !live.ValidID(string(id)) {
		return live.Room{}, notFound("room", string(id))
	}
	r, err := a.cfg.Store.Room(ctx, id)
	if isNotFound(err) || err == nil && !p.SeesMerchant(r.Merchant) {
		return live.Room{}, notFound("room", string(id))
	}
	if err != nil {
		return live.Room{}, err
	}
	if !p.Sees(r.Merchant, r.ID) {
		return live.Room{}, roomForbidden(r.ID)
	}
	return r, nil
}

// show finds a show in a room the caller's scope reaches.
func (a *API) show(ctx context.Context, p live.Principal, id live.ShowID) (live.Show, error) {
	if !live.ValidID(string(id)) {
		return live.Show{}, notFound("show", string(id))
	}
	s, err := a.cfg.Store.Show(ctx, id)
	if isNotFound(err) || err == nil && !p.SeesMerchant(s.Merchant) {
		return live.Show{}, notFound("show", string(id))
	}
	if err != nil {
		return live.Show{}, err
	}
	if !p.Sees(s.Merchant, s.Room) {
		return live.Show{}, roomForbidden(s.Room)
	}
	return s, nil
}

func roomForbidden(id live.RoomID) error {
	return live.Forbidden("room_forbidden", "the token does not reach the room %q", string(id))
}

// merchant decides for whom a write is: the caller's own merchant, which may
// be named, or for an admin the one named.
func merchant(p live.Principal, named string) (live.MerchantID, error) {
	m := live.MerchantID(named)
	switch {
	case named == "" && p.Merchant != "":
		return p.Merchant, nil
	case !live.ValidID(named):
		return "", live.Invalid("invalid_field", "merchant_id", "is required of a token without a merchant, and must be an identifier")
	case !p.SeesMerchant(m):
		return "", live.Forbidden("merchant_forbidden", "the token belongs to another merchant")
	}
	return m, nil
}

// merchantFilter decides whose objects a list shows: the caller's, or for an
// admin those of the merchant named, or of all when none is.
func merchantFilter(p live.Principal, named string) (live.MerchantID, error) {
	if named == "" {
		return p.Merchant, nil
	}
	return merchant(p, named)
}

// under puts a path before the field that a refusal names.
func under(path string, err error) error {
	var e *live.Error
	if !errors.As(err, &e) {
		return err
	}
	moved := *e
	moved.Field = join(path, e.Field)
	return &moved
}
