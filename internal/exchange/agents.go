package exchange

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/agent"
	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
)

// agentFile says who the agents are.
const agentFile = "agents.conf"

// buildAgents makes the house of agents.
func (x *Exchange) buildAgents() {
	x.agents = &agent.House{Calls: x.calls, Voice: x.house, Features: x.features, Look: x.board.Look, Logger: x.log,
		Record: func(ctx context.Context, b *bridge.Bridge, c *channel.Channel) {
			if x.features.Record != nil {
				x.features.Record(ctx, b, c)
			}
		}}
	x.modules.add("app_agent_pool", "Agents who stay on the line")
	if !x.modules.wants("app_agent_pool") {
		return
	}
	for _, a := range x.agents.Applications() {
		x.engine.AddApplication(a)
	}
	for _, f := range x.agents.Functions() {
		x.engine.AddFunction(f)
	}
}

// configureAgents reads agents.conf.
func (x *Exchange) configureAgents() error {
	f, problems := agent.Read(x.optional(agentFile))
	x.report(problems)
	x.agents.Configure(f)
	return nil
}

// deviceOfAgent is the state of an agent's device.
func (x *Exchange) deviceOfAgent(device string) (string, bool) {
	id, ok := strings.CutPrefix(device, "Agent:")
	if !ok || x.agents == nil {
		return "", false
	}
	return x.agents.Device(id), true
}

func checkAgents(f *config.File) []config.Diagnostic { _, d := agent.Read(f); return d }
