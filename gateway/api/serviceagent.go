package api

import (
	"context"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// ServiceAgent is somebody of the staff who serves.
type ServiceAgent struct {
	AgentID  string   `json:"agent_id" doc:"The subject of their token."`
	Name     string   `json:"name,omitempty"`
	Personas []string `json:"personas" doc:"The parts they play; empty: each."`
	Capacity int64    `json:"capacity" doc:"Sessions at a time."`
	State    string   `json:"state" enum:"online,away,offline,left"`
	Open     int64    `json:"open" doc:"Sessions they have; told of others to merchants and operators only."`
	People   int64    `json:"people" doc:"Who are theirs; likewise."`
}

// ServiceAgentPut is the body of PUT /v1/service/agents/{agent_id}.
type ServiceAgentPut struct {
	Name       string   `json:"name" maxLength:"64"`
	Personas   []string `json:"personas" doc:"Empty: each."`
	Capacity   int64    `json:"capacity" minimum:"0" maximum:"100"`
	MerchantID string   `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// ServicePerson says whose person somebody is.
type ServicePerson struct {
	PersonID string `json:"person_id"`
	AgentID  string `json:"agent_id"`
	Since    Time   `json:"since"`
}

// ServiceOwner is the body of PUT /v1/service/people/{person_id}.
type ServiceOwner struct {
	AgentID string `json:"agent_id"`
}

type (
	serviceAgentOutput  struct{ Body ServiceAgent }
	servicePersonOutput struct{ Body ServicePerson }
	serviceAgentsOutput struct {
		Body struct {
			Items []ServiceAgent `json:"items"`
		}
	}
)

func serviceAgentOf(a desk.Agent) ServiceAgent {
	out := ServiceAgent{AgentID: a.ID, Name: a.Name, Personas: []string{}, Capacity: a.Capacity, State: string(a.State), Open: a.Open, People: a.People}
	for _, p := range a.Personas {
		out.Personas = append(out.Personas, string(p))
	}
	return out
}

func servicePersonOf(o desk.Owned) ServicePerson {
	return ServicePerson{string(o.Person), o.Agent, Time{o.Since}}
}

// ServiceAgentPath is the path of one agent.
type ServiceAgentPath struct {
	AgentID string `path:"agent_id" maxLength:"128"`
}

func (a *API) serviceAgents() {
	serve, write := []live.Action{live.ActServe}, []live.Action{live.ActServiceWrite}
	add(a, Route{ID: "list-service-agents", Method: "GET", Path: "/v1/service/agents", Tag: serviceTag, Summary: "List who serves, and who is there", Actions: serve}, a.listServiceAgents)
	add(a, Route{
		ID: "put-service-agent", Method: "PUT", Path: "/v1/service/agents/{agent_id}", Tag: serviceTag, Summary: "Say who serves, as whom and how much at a time",
		Text: "Any of the staff may serve and needs no entry here before. Who had left is back.", Actions: write, body: ServiceAgentPut{},
		example: map[string]any{"name": "Li", "personas": []string{"expert", "product"}, "capacity": 8},
	}, a.putServiceAgent)
	add(a, Route{
		ID: "list-service-people", Method: "GET", Path: "/v1/service/people", Tag: serviceTag, Summary: "List whose people are whose",
		Text: "Agents see their own.", Actions: serve,
	}, a.listServicePeople)
	add(a, Route{
		ID: "put-service-person", Method: "PUT", Path: "/v1/service/people/{person_id}", Tag: serviceTag, Summary: "Give a person to an agent",
		Text: "Otherwise a person is whose agent served them first.", Actions: write, body: ServiceOwner{}, example: map[string]any{"agent_id": "li"},
	}, a.putServicePerson)
}

func (a *API) listServiceAgents(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*serviceAgentsOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Desk.Agents(ctx, m, p)
	if err != nil {
		return nil, err
	}
	out := &serviceAgentsOutput{}
	out.Body.Items = make([]ServiceAgent, len(list))
	for i := range list {
		out.Body.Items[i] = serviceAgentOf(list[i])
	}
	return out, nil
}

func (a *API) putServiceAgent(ctx context.Context, p live.Principal, in *struct {
	ServiceAgentPath
	rawBody
},
) (*serviceAgentOutput, error) {
	b, err := decode[ServiceAgentPut](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	put := desk.Agent{Merchant: m, ID: in.AgentID, Name: b.Name, Capacity: b.Capacity}
	for _, x := range b.Personas {
		put.Personas = append(put.Personas, care.Persona(x))
	}
	got, err := a.cfg.Desk.PutAgent(ctx, p, put)
	if err != nil {
		return nil, err
	}
	return &serviceAgentOutput{serviceAgentOf(got)}, nil
}

func (a *API) listServicePeople(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	AgentID    string `query:"agent_id"`
},
) (*listOutput[ServicePerson], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Desk.People(ctx, m, p, in.AgentID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, servicePersonOf), nil
}

func (a *API) putServicePerson(ctx context.Context, p live.Principal, in *struct {
	PersonPath
	rawBody
},
) (*servicePersonOutput, error) {
	b, err := decode[ServiceOwner](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, person, err := in.person(p)
	if err != nil {
		return nil, err
	}
	o, err := a.cfg.Desk.SetOwner(ctx, m, p, person, b.AgentID)
	if err != nil {
		return nil, err
	}
	return &servicePersonOutput{servicePersonOf(o)}, nil
}
