package rest

import "net/http"

// apiDocs answers /api-docs/….json.
func (s *Server) apiDocs(*http.Request, string) answer { return missing("api-docs") }
