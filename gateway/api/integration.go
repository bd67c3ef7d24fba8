package api

import (
	"context"
	"encoding/json"

	"showrunner/live"
	"showrunner/live/store"
)

// NewIntegration is the body of PUT /v1/integrations/{source}.
type NewIntegration struct {
	Connector  string `json:"connector" enum:"standard" doc:"How the source signs: standard is Standard Webhooks."`
	Secret     string `json:"secret" doc:"whsec_ and 24 to 64 random bytes in base64. Never shown again." writeOnly:"true"`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// Integration is who may post facts of orders, without its secret.
type Integration struct {
	Source     string `json:"source" example:"myshop"`
	MerchantID string `json:"merchant_id"`
	Connector  string `json:"connector" enum:"standard"`
	WebhookURL string `json:"webhook_url" doc:"Path to which the source posts." example:"/v1/webhooks/myshop/orders"`
}

type integrationOutput struct{ Body Integration }

func (a *API) integrations() {
	add(a, Route{
		ID: "put-integration", Method: "PUT", Path: "/v1/integrations/{source}", Tag: "Webhooks", Summary: "Say who may post facts of orders",
		Text:    "The same source name may be used by many merchants, each with its own secret: the signature tells them apart. Setting it again replaces the secret.",
		Actions: []live.Action{live.ActIntegrationWrite}, body: NewIntegration{},
		example: map[string]any{"connector": "standard", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
	}, a.putIntegration)
}

func (a *API) putIntegration(ctx context.Context, p live.Principal, in *struct {
	Source string `path:"source" maxLength:"128"`
	rawBody
},
) (*integrationOutput, error) {
	b, err := decode[NewIntegration](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := merchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := id("source", in.Source, true); err != nil {
		return nil, err
	}
	if reservedSource(in.Source) {
		return nil, live.Invalid("reserved_source", "source", "%q is Showrunner's own", in.Source)
	}
	if b.Connector != "standard" {
		return nil, live.Invalid("invalid_field", "connector", "must be standard")
	}
	if _, ok := secretKey(b.Secret); !ok {
		return nil, live.Invalid("invalid_field", "secret", "must be whsec_ and %d to %d bytes in base64", minSecret, maxSecret)
	}
	if err := a.cfg.Store.PutIntegration(ctx, store.Integration{Merchant: m, Source: in.Source, Connector: b.Connector, Secret: b.Secret}); err != nil {
		return nil, err
	}
	if err := a.audit(ctx, p, m, "", string(live.ActIntegrationWrite), map[string]any{"source": in.Source, "connector": b.Connector}); err != nil {
		return nil, err
	}
	return &integrationOutput{Integration{
		Source: in.Source, MerchantID: string(m), Connector: b.Connector, WebhookURL: "/v1/webhooks/" + in.Source + "/orders",
	}}, nil
}

// audit records what was done outside the command table. detail never holds a secret.
func (a *API) audit(ctx context.Context, p live.Principal, m live.MerchantID, show live.ShowID, action string, detail map[string]any) error {
	raw, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	return a.cfg.Store.AddAudit(ctx, store.AuditRow{At: a.cfg.Now(), Merchant: m, Show: show, Actor: p.Actor(), Action: action, Detail: string(raw)})
}
