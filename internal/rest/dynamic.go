package rest

import (
	"errors"
	"net/http"
)

// A Tuple is an option of an object of a configuration file.
type Tuple struct{ Attribute, Value string }

// Errors of objects.
var (
	ErrInvalid   = errors.New("the object can't be as it is wanted")
	ErrForbidden = errors.New("objects of the type are not kept where they can be changed")
)

// object finds what a request about an object names, or what to answer.
func (r *request) object() (kind, id string, wrong *answer) {
	class, kind, id := r.path["configClass"], r.path["objectType"], r.path["id"]
	knownClass, knownKind := r.server.Exchange.HasObjects(class, kind)
	var a answer
	switch {
	case !knownClass:
		a = refusal(http.StatusNotFound, "configClass '"+class+"' not found")
	case !knownKind:
		a = refusal(http.StatusNotFound, "objectType '"+kind+"' not found")
	default:
		return kind, id, nil
	}
	return "", "", &a
}

// tuples is the answer with an object.
func tuples(list []Tuple) answer {
	var all [][]byte
	for _, t := range list {
		all = append(all, object("attribute", t.Attribute, "value", t.Value))
	}
	return said(joined("[", "]", all...))
}

func getObject(s *Server, r *request) answer {
	kind, id, wrong := r.object()
	if wrong != nil {
		return *wrong
	}
	list, ok := s.Exchange.Object(kind, id)
	if !ok {
		return refusal(http.StatusNotFound, "Object with id '"+id+"' not found")
	}
	return tuples(list)
}

// fields are those of the body that can be read.
func (r *request) fields() []Tuple {
	list, _ := r.body["fields"].([]any)
	var all []Tuple
	for _, one := range list {
		m, _ := one.(map[string]any)
		name, ok := m["attribute"].(string)
		if value, text := m["value"].(string); ok && text {
			all = append(all, Tuple{name, value})
		}
	}
	return all
}

func putObject(s *Server, r *request) answer {
	kind, id, wrong := r.object()
	if wrong != nil {
		return *wrong
	}
	_, there := s.Exchange.Object(kind, id)
	fields := r.fields()
	if there && len(fields) == 0 {
		return refusal(http.StatusBadRequest, "Fields must be provided to update object '"+id+"'")
	}
	switch err := s.Exchange.PutObject(kind, id, fields); {
	case errors.Is(err, ErrForbidden) && there:
		return refusal(http.StatusForbidden, "Cannot update sorcery objects of type '"+kind+"'")
	case errors.Is(err, ErrForbidden):
		return refusal(http.StatusForbidden, "Cannot create sorcery objects of type '"+kind+"'")
	case errors.Is(err, ErrInvalid) && there:
		return refusal(http.StatusBadRequest, "Update of object '"+id+"' failed field value validation")
	case errors.Is(err, ErrInvalid):
		return refusal(http.StatusBadRequest, "Creation of object '"+id+"' failed field value validation")
	case err != nil:
		s.Logger.Warn("an object of a client was not taken", "type", kind, "id", id, "error", err)
		return internal
	}
	list, _ := s.Exchange.Object(kind, id)
	return tuples(list)
}

func deleteObject(s *Server, r *request) answer {
	kind, id, wrong := r.object()
	if wrong != nil {
		return *wrong
	}
	if _, ok := s.Exchange.Object(kind, id); !ok {
		return refusal(http.StatusNotFound, "Object with id '"+id+"' not found")
	}
	switch err := s.Exchange.DeleteObject(kind, id); {
	case errors.Is(err, ErrForbidden):
		return refusal(http.StatusForbidden, "Could not delete object with id '"+id+"'")
	case err != nil:
		s.Logger.Warn("an object of a client was not deleted", "type", kind, "id", id, "error", err)
		return internal
	}
	return nothing
}
