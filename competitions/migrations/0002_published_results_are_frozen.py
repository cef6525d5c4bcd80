"""Published results are frozen in the database for the serving role: sheets and rows, update, delete and truncate.

A sheet is made unpublished, gets its rows, and is published by setting published_at once. The owner of the tables
passes (migrations, restoring a backup); the role that serves does not.
"""

from django.db import migrations

# Each function fixes its search path: temporary tables come first in everybody's own, and a table of that kind named
# like one of ours would be asked instead of ours.
FORWARD = """
CREATE FUNCTION results_owner_passes(relation oid) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    -- USAGE, not MEMBER: a role that could switch to the owner but has not is held like any other.
    SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = relation
$$;

CREATE FUNCTION refuse_change_of_results() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF results_owner_passes(TG_RELID) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'published results cannot be changed' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION guard_result_sheet() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before_publication competitions_resultsheet;
BEGIN
    IF results_owner_passes(TG_RELID) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'a result sheet is made unpublished' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'published results cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.published_at IS NOT NULL THEN
        -- Publishing is setting the time and the name, nothing else.
        before_publication := NEW;
        before_publication.published_at := OLD.published_at;
        before_publication.published_by := OLD.published_by;
        IF before_publication IS DISTINCT FROM OLD THEN
            RAISE EXCEPTION 'publishing may change nothing else' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION guard_result_row() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    published timestamptz;
BEGIN
    IF results_owner_passes(TG_RELID) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        SELECT published_at INTO published FROM competitions_resultsheet WHERE id = OLD.sheet_id FOR SHARE;
        IF published IS NOT NULL THEN
            RAISE EXCEPTION 'published results cannot be changed' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        -- FOR SHARE waits for a publication that is under way, so that no row slips in behind it.
        SELECT published_at INTO published FROM competitions_resultsheet WHERE id = NEW.sheet_id FOR SHARE;
        IF published IS NOT NULL THEN
            RAISE EXCEPTION 'published results cannot be changed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER result_sheet_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON competitions_resultsheet
    FOR EACH ROW EXECUTE FUNCTION guard_result_sheet();
CREATE TRIGGER result_row_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON competitions_resultrow
    FOR EACH ROW EXECUTE FUNCTION guard_result_row();
CREATE TRIGGER result_sheets_are_kept BEFORE TRUNCATE ON competitions_resultsheet
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_results();
CREATE TRIGGER result_rows_are_kept BEFORE TRUNCATE ON competitions_resultrow
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_results();
"""
BACKWARD = """
DROP TRIGGER result_sheet_is_frozen ON competitions_resultsheet;
DROP TRIGGER result_sheets_are_kept ON competitions_resultsheet;
DROP TRIGGER result_row_is_frozen ON competitions_resultrow;
DROP TRIGGER result_rows_are_kept ON competitions_resultrow;
DROP FUNCTION guard_result_sheet();
DROP FUNCTION guard_result_row();
DROP FUNCTION refuse_change_of_results();
DROP FUNCTION results_owner_passes(oid);
"""


class Migration(migrations.Migration):
    dependencies = [("competitions", "0001_records")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
