"""Issued certificates are frozen in the database for the serving role.

A certificate is made valid, with the number that its series gives it. After that only its state moves: from valid to
replaced or revoked, each once and for good, with the time and ground of it; and the person it is joined to. A series
that has given out numbers keeps its code and never counts back. The owner of the tables passes (migrations,
restoring a backup); the role that serves does not.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION certificates_owner_passes(relation oid) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = relation
$$;

CREATE FUNCTION refuse_change_of_certificates() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF certificates_owner_passes(TG_RELID) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'certificates are kept' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION guard_certificate() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allowed certificates_certificate;
BEGIN
    IF certificates_owner_passes(TG_RELID) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'certificates are kept' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'issued' THEN
            RAISE EXCEPTION 'a certificate is made valid' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    -- What may differ: the person it is joined to, and the step from valid to replaced or revoked.
    allowed := OLD;
    allowed.person_id := NEW.person_id;
    IF OLD.status = 'issued' AND NEW.status = 'reissued' THEN
        allowed.status := NEW.status;
        allowed.reissued_at := NEW.reissued_at;
    ELSIF OLD.status = 'issued' AND NEW.status = 'revoked' THEN
        allowed.status := NEW.status;
        allowed.revoked_at := NEW.revoked_at;
        allowed.revoked_ground := NEW.revoked_ground;
        allowed.revoked_document := NEW.revoked_document;
    END IF;
    IF NEW IS DISTINCT FROM allowed THEN
        RAISE EXCEPTION 'an issued certificate cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION guard_certificate_series() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF certificates_owner_passes(TG_RELID) THEN
        RETURN NEW;
    END IF;
    IF NEW.next_number < OLD.next_number
        OR (OLD.next_number > 1 AND (NEW.code, NEW.line, NEW.year) IS DISTINCT FROM (OLD.code, OLD.line, OLD.year))
    THEN
        RAISE EXCEPTION 'a series in use cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER certificate_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON certificates_certificate
    FOR EACH ROW EXECUTE FUNCTION guard_certificate();
CREATE TRIGGER certificates_are_kept BEFORE TRUNCATE ON certificates_certificate
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_certificates();
CREATE TRIGGER series_counts_forward BEFORE UPDATE ON certificates_certificateseries
    FOR EACH ROW EXECUTE FUNCTION guard_certificate_series();
"""
BACKWARD = """
DROP TRIGGER certificate_is_frozen ON certificates_certificate;
DROP TRIGGER certificates_are_kept ON certificates_certificate;
DROP TRIGGER series_counts_forward ON certificates_certificateseries;
DROP FUNCTION guard_certificate();
DROP FUNCTION guard_certificate_series();
DROP FUNCTION refuse_change_of_certificates();
DROP FUNCTION certificates_owner_passes(oid);
"""


class Migration(migrations.Migration):
    dependencies = [("certificates", "0001_records")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
