"""Published notices are frozen in the database for the serving role: text, list, stops, and the objections received.

What may still change: how to reach the office, the state of the notice and of its lines, and the course of an
objection that has no finding yet. The owner of the tables passes (migrations, restoring a backup).
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION notices_owner_passes(relation oid) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    -- USAGE, not MEMBER: a role that could switch to the owner but has not is held like any other.
    SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = relation
$$;

CREATE FUNCTION refuse_change_of_notices() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF notices_owner_passes(TG_RELID) THEN
        RETURN CASE WHEN TG_LEVEL = 'STATEMENT' THEN NULL WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'what a notice has received is kept' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION guard_notice() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allowed notices_publicnotice;
BEGIN
    IF notices_owner_passes(TG_RELID) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NOT NULL OR NEW.status <> 'draft' THEN
            RAISE EXCEPTION 'a notice is made as a draft' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.published_at IS NULL THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a published notice is kept' USING ERRCODE = 'insufficient_privilege';
    END IF;
    allowed := NEW;
    allowed.contact_name := OLD.contact_name;
    allowed.contact_phone := OLD.contact_phone;
    allowed.contact_address := OLD.contact_address;
    allowed.contact_email := OLD.contact_email;
    allowed.status := OLD.status;
    allowed.last_on := OLD.last_on;
    allowed.closed_at := OLD.closed_at;
    allowed.withdrawn_at := OLD.withdrawn_at;
    allowed.withdrawn_reason := OLD.withdrawn_reason;
    IF allowed IS DISTINCT FROM OLD OR NEW.status = 'draft' OR NEW.last_on < OLD.last_on
       OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
       OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at) THEN
        RAISE EXCEPTION 'a published notice cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION guard_notice_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    published timestamptz;
    allowed notices_noticeline;
BEGIN
    IF notices_owner_passes(TG_RELID) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        SELECT published_at INTO published FROM notices_publicnotice WHERE id = OLD.notice_id FOR SHARE;
        IF published IS NOT NULL THEN
            IF TG_OP = 'UPDATE' THEN
                allowed := NEW;
                allowed.status := OLD.status;
                allowed.reason := OLD.reason;
                IF allowed IS NOT DISTINCT FROM OLD THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION 'the list of a published notice cannot be changed'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    -- FOR SHARE waits for a publication that is under way, so that no line slips in behind it.
    SELECT published_at INTO published FROM notices_publicnotice WHERE id = NEW.notice_id FOR SHARE;
    IF published IS NOT NULL THEN
        RAISE EXCEPTION 'the list of a published notice cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION guard_notice_stop() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF notices_owner_passes(TG_RELID) THEN
        RETURN NEW;
    END IF;
    IF OLD.resumed_at IS NOT NULL
       OR (NEW.notice_id, NEW.stopped_at, NEW.reason) IS DISTINCT FROM (OLD.notice_id, OLD.stopped_at, OLD.reason) THEN
        RAISE EXCEPTION 'a stop of a notice cannot be rewritten' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION guard_objection() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allowed notices_objection;
BEGIN
    IF notices_owner_passes(TG_RELID) THEN
        RETURN NEW;
    END IF;
    allowed := NEW;
    allowed.status := OLD.status;
    allowed.finding := OLD.finding;
    allowed.decided_by := OLD.decided_by;
    allowed.decided_at := OLD.decided_at;
    IF OLD.decided_at IS NOT NULL OR OLD.status IN ('out_of_time', 'noted') OR allowed IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'an objection cannot be rewritten' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER notice_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON notices_publicnotice
    FOR EACH ROW EXECUTE FUNCTION guard_notice();
CREATE TRIGGER notice_line_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON notices_noticeline
    FOR EACH ROW EXECUTE FUNCTION guard_notice_line();
CREATE TRIGGER notice_stop_is_frozen BEFORE UPDATE ON notices_noticestop
    FOR EACH ROW EXECUTE FUNCTION guard_notice_stop();
CREATE TRIGGER objection_is_frozen BEFORE UPDATE ON notices_objection
    FOR EACH ROW EXECUTE FUNCTION guard_objection();
CREATE TRIGGER notice_stop_is_kept BEFORE DELETE ON notices_noticestop
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_notices();
CREATE TRIGGER objection_is_kept BEFORE DELETE ON notices_objection
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_notices();
CREATE TRIGGER attachment_is_kept BEFORE UPDATE OR DELETE ON notices_objection_attachments
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_notices();
CREATE TRIGGER notices_are_kept BEFORE TRUNCATE ON notices_publicnotice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_notices();
CREATE TRIGGER notice_lines_are_kept BEFORE TRUNCATE ON notices_noticeline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_notices();
CREATE TRIGGER notice_stops_are_kept BEFORE TRUNCATE ON notices_noticestop
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_notices();
CREATE TRIGGER objections_are_kept BEFORE TRUNCATE ON notices_objection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_notices();
CREATE TRIGGER attachments_are_kept BEFORE TRUNCATE ON notices_objection_attachments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_notices();
"""
BACKWARD = """
DROP TRIGGER notice_is_frozen ON notices_publicnotice;
DROP TRIGGER notices_are_kept ON notices_publicnotice;
DROP TRIGGER notice_line_is_frozen ON notices_noticeline;
DROP TRIGGER notice_lines_are_kept ON notices_noticeline;
DROP TRIGGER notice_stop_is_frozen ON notices_noticestop;
DROP TRIGGER notice_stop_is_kept ON notices_noticestop;
DROP TRIGGER notice_stops_are_kept ON notices_noticestop;
DROP TRIGGER objection_is_frozen ON notices_objection;
DROP TRIGGER objection_is_kept ON notices_objection;
DROP TRIGGER objections_are_kept ON notices_objection;
DROP TRIGGER attachment_is_kept ON notices_objection_attachments;
DROP TRIGGER attachments_are_kept ON notices_objection_attachments;
DROP FUNCTION guard_notice();
DROP FUNCTION guard_notice_line();
DROP FUNCTION guard_notice_stop();
DROP FUNCTION guard_objection();
DROP FUNCTION refuse_change_of_notices();
DROP FUNCTION notices_owner_passes(oid);
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_records")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
