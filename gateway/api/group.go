package api

import (
	"context"
	"time"

	"showrunner/conversion/care/group"
	"showrunner/live"
)

// Group is a group of the private domain.
type Group struct {
	GroupID    string         `json:"group_id"`
	Name       string         `json:"name,omitempty"`
	Platform   string         `json:"platform,omitempty"`
	AgentID    string         `json:"agent_id,omitempty" doc:"Who owns it."`
	HostID     string         `json:"host_id,omitempty" doc:"Whose viewers it gathers."`
	Personas   []GroupPersona `json:"personas" doc:"Agents in the roles they play in it."`
	Tags       []string       `json:"tags"`
	Found      bool           `json:"found" doc:"Nobody registered it: facts told of it."`
	CreatedAt  Time           `json:"created_at" doc:"When it began; its age counts from here."`
	ArchivedAt *Time          `json:"archived_at,omitempty"`
	Owners     []GroupOwner   `json:"owners,omitempty" doc:"Who owned it since when, in the order of time; of one group only."`
}

// GroupPersona is an agent in a role.
type GroupPersona struct {
	AgentID string `json:"agent_id"`
	Role    string `json:"role" enum:"agent,expert,account_manager,product_manager,after_sale,host,operator"`
}

// GroupOwner is who owned a group from a time on.
type GroupOwner struct {
	AgentID string `json:"agent_id" doc:"Empty: nobody."`
	From    Time   `json:"from"`
	Reason  string `json:"reason,omitempty"`
	By      string `json:"by"`
}

// NewGroup is the body of POST /v1/groups.
type NewGroup struct {
	GroupID    string         `json:"group_id" pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	Name       string         `json:"name,omitempty" maxLength:"128"`
	Platform   string         `json:"platform,omitempty" maxLength:"32"`
	AgentID    string         `json:"agent_id,omitempty"`
	HostID     string         `json:"host_id,omitempty"`
	Personas   []GroupPersona `json:"personas,omitempty"`
	Tags       []string       `json:"tags,omitempty"`
	CreatedAt  *Time          `json:"created_at,omitempty" doc:"Now, or the first fact that told of it, when left out."`
	MerchantID string         `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// GroupPatch is the body of PATCH /v1/groups/{group_id}.
type GroupPatch struct {
	Name      *string         `json:"name,omitempty" maxLength:"128"`
	Platform  *string         `json:"platform,omitempty" maxLength:"32"`
	AgentID   *string         `json:"agent_id,omitempty" doc:"Hands it over; the owner before stays in owners."`
	HostID    *string         `json:"host_id,omitempty"`
	Personas  *[]GroupPersona `json:"personas,omitempty"`
	Tags      *[]string       `json:"tags,omitempty"`
	CreatedAt *Time           `json:"created_at,omitempty"`
	Archived  *bool           `json:"archived,omitempty"`
	Reason    string          `json:"reason,omitempty" maxLength:"500"`
}

// Reassignment is the body of POST /v1/groups/reassign.
type Reassignment struct {
	From       string   `json:"from" doc:"The agent who leaves."`
	To         []string `json:"to" doc:"Who takes over, 1 to 1000 other agents."`
	Reason     string   `json:"reason,omitempty" maxLength:"500"`
	MerchantID string   `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// Reassigned answers it.
type Reassigned struct {
	Groups []ReassignedGroup `json:"groups"`
}

// ReassignedGroup is a group that changed hands.
type ReassignedGroup struct {
	GroupID string `json:"group_id"`
	AgentID string `json:"agent_id"`
}

type (
	groupOutput      struct{ Body Group }
	reassignedOutput struct{ Body Reassigned }
)

// GroupPath names a group.
type GroupPath struct {
	GroupID    string `path:"group_id"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

const groupTag = "Groups"

func (a *API) groups() {
	read, write := []live.Action{live.ActGroupRead}, []live.Action{live.ActGroupWrite}
	add(a, Route{
		ID: "create-group", Method: "POST", Path: "/v1/groups", Tag: groupTag, Summary: "Register a group", Text: "A group that facts told of is taken over. One that is registered is 409 `group_exists`.",
		Actions: write, status: 201, body: NewGroup{}, example: map[string]any{"group_id": "g1", "name": "Mothers of the north", "platform": "wecom", "agent_id": "a1", "tags": []string{"vip"}},
	}, a.createGroup)
	add(a, Route{ID: "list-groups", Method: "GET", Path: "/v1/groups", Tag: groupTag, Summary: "List groups", Text: "The youngest first. Agents see their own.", Actions: read}, a.listGroups)
	add(a, Route{
		ID: "reassign-groups", Method: "POST", Path: "/v1/groups/reassign", Tag: groupTag, Summary: "Hand the groups of an agent over",
		Text:    "All of them, split evenly and at once: each next group, by id, goes to whoever has got the fewest. Who had a group until when stays in its owners.",
		Actions: []live.Action{live.ActGroupAssign}, body: Reassignment{}, example: map[string]any{"from": "a1", "to": []string{"a2", "a3"}, "reason": "left the company"},
	}, a.reassignGroups)
	a.groupFigures()
	add(a, Route{ID: "get-group", Method: "GET", Path: "/v1/groups/{group_id}", Tag: groupTag, Summary: "Read a group", Actions: read}, a.getGroup)
	add(a, Route{
		ID: "update-group", Method: "PATCH", Path: "/v1/groups/{group_id}", Tag: groupTag, Summary: "Change, hand over or archive a group", Actions: write, body: GroupPatch{},
		example: map[string]any{"agent_id": "a2", "reason": "speaks Cantonese"},
	}, a.updateGroup)
	a.groupMembers()
}

func (a *API) createGroup(ctx context.Context, p live.Principal, in *rawBody) (*groupOutput, error) {
	b, err := decode[NewGroup](in.RawBody)
	if err != nil {
		return nil, err
	}
	g := group.Group{ID: b.GroupID, Name: b.Name, Platform: b.Platform, Agent: b.AgentID, Host: b.HostID, Personas: personasOf(b.Personas), Tags: b.Tags}
	if g.Merchant, err = ofMerchant(p, b.MerchantID); err != nil {
		return nil, err
	}
	if b.CreatedAt != nil {
		g.Created = b.CreatedAt.Time
	}
	made, err := a.cfg.Groups.Create(ctx, g, p)
	if err != nil {
		return nil, err
	}
	return &groupOutput{groupOf(made)}, nil
}

// GroupQuery selects groups.
type GroupQuery struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	AgentID    string `query:"agent_id" doc:"Whose."`
	Tag        string `query:"tag"`
	HostID     string `query:"host_id"`
	Platform   string `query:"platform"`
	MinAge     int    `query:"min_age_days" minimum:"0" maximum:"10000" doc:"Began at least so many days ago."`
	MaxAge     int    `query:"max_age_days" minimum:"0" maximum:"10000" doc:"Began at most so many days ago."`
	Archived   bool   `query:"archived" doc:"Also those that are archived."`
}

// filter is what the caller asks for, of what they may see: an agent sees their own.
func (in *GroupQuery) filter(p live.Principal, now time.Time) (f group.Filter, err error) {
	f = group.Filter{Tag: in.Tag, Host: in.HostID, Platform: in.Platform, Archived: in.Archived}
	if f.Merchant, err = ofMerchant(p, in.MerchantID); err != nil {
		return f, err
	}
	if in.AgentID != "" {
		f.Agent = &in.AgentID
	}
	if p.Role == live.RoleAgent {
		if in.AgentID != "" && in.AgentID != p.Subject {
			return f, live.Forbidden("agent_forbidden", "agents see their own groups")
		}
		f.Agent = &p.Subject
	}
	if in.MaxAge > 0 {
		f.From = now.AddDate(0, 0, -in.MaxAge)
	}
	if in.MinAge > 0 {
		f.Until = now.AddDate(0, 0, -in.MinAge)
	}
	return f, nil
}

func (a *API) listGroups(ctx context.Context, p live.Principal, in *struct {
	Page
	GroupQuery
},
) (*listOutput[Group], error) {
	f, err := in.filter(p, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	f.Cursor, f.Limit = in.Cursor, in.Limit
	list, next, err := a.cfg.Groups.List(ctx, f)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, groupOf), nil
}

// group finds a group that the caller may see.
func (a *API) group(ctx context.Context, p live.Principal, in *GroupPath) (group.Group, []group.Owner, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return group.Group{}, nil, err
	}
	if !live.ValidID(in.GroupID) {
		return group.Group{}, nil, notFound("group", in.GroupID)
	}
	g, owners, err := a.cfg.Groups.Group(ctx, m, in.GroupID)
	if isNotFound(err) || err == nil && p.Role == live.RoleAgent && g.Agent != p.Subject {
		return g, nil, notFound("group", in.GroupID)
	}
	return g, owners, err
}

func (a *API) getGroup(ctx context.Context, p live.Principal, in *GroupPath) (*groupOutput, error) {
	g, owners, err := a.group(ctx, p, in)
	if err != nil {
		return nil, err
	}
	out := groupOf(g)
	for _, o := range owners {
		out.Owners = append(out.Owners, GroupOwner{o.Agent, Time{o.From}, o.Reason, o.By})
	}
	return &groupOutput{out}, nil
}

func (a *API) updateGroup(ctx context.Context, p live.Principal, in *struct {
	GroupPath
	rawBody
},
) (*groupOutput, error) {
	b, err := decode[GroupPatch](in.RawBody)
	if err != nil {
		return nil, err
	}
	had, _, err := a.group(ctx, p, &in.GroupPath)
	if err != nil {
		return nil, err
	}
	patch := group.Patch{Name: b.Name, Platform: b.Platform, Agent: b.AgentID, Host: b.HostID, Tags: b.Tags, Archived: b.Archived, Reason: b.Reason}
	if b.Personas != nil {
		list := personasOf(*b.Personas)
		patch.Personas = &list
	}
	if b.CreatedAt != nil {
		patch.Created = &b.CreatedAt.Time
	}
	g, err := a.cfg.Groups.Update(ctx, had.Merchant, had.ID, patch, p)
	if err != nil {
		return nil, err
	}
	return &groupOutput{groupOf(g)}, nil
}

func (a *API) reassignGroups(ctx context.Context, p live.Principal, in *rawBody) (*reassignedOutput, error) {
	b, err := decode[Reassignment](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	handed, err := a.cfg.Groups.Reassign(ctx, m, b.From, b.To, b.Reason, p)
	if err != nil {
		return nil, err
	}
	out := &reassignedOutput{Reassigned{Groups: []ReassignedGroup{}}}
	for _, h := range handed {
		out.Body.Groups = append(out.Body.Groups, ReassignedGroup{h.Group, h.To})
	}
	return out, nil
}

func personasOf(list []GroupPersona) (out []group.Persona) {
	for _, p := range list {
		out = append(out, group.Persona{Agent: p.AgentID, Role: p.Role})
	}
	return out
}

func groupOf(g group.Group) Group {
	out := Group{
		GroupID: g.ID, Name: g.Name, Platform: g.Platform, AgentID: g.Agent, HostID: g.Host, Personas: []GroupPersona{}, Tags: g.Tags, Found: g.Found,
		CreatedAt: Time{g.Created}, ArchivedAt: timeOf(g.Archived),
	}
	for _, p := range g.Personas {
		out.Personas = append(out.Personas, GroupPersona{p.Agent, p.Role})
	}
	return out
}
