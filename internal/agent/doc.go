// Package agent is the pool of agents: legs that stay on the line between calls and are
// joined to callers when they are asked for, as Asterisk 22's app_agent_pool does.
// agents.conf says who they are. AgentLogin, AgentRequest, the function AGENT, the manager
// actions, the console commands and the devices "Agent:…" are here.
//
// An agent's leg waits in a holding bridge, on the goroutine that owns it. Who asks for an
// agent opens a bridge and waits in it; a goroutine of the request's plays the beep to the
// agent, waits for its key if one is to be pressed, and has the agent's leg go over.
// An agent's lock is a leaf.
//
// All exported methods may be called concurrently.
package agent
