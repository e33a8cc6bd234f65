//! The conformance suite: every promise of [`Store`](super::Store) as a test, for any store.
//!
//! A store's own tests need one line; each case becomes a `#[test]` of its name:
//!
//! ```
//! # mod tests {
//! use durable_runtime::store::{MemoryStore, Store};
//! use std::sync::Arc;
//!
//! /// An empty store, and whatever must live as long (a temporary folder, for example).
//! async fn make_store() -> (Arc<dyn Store>, ()) {
//!     (Arc::new(MemoryStore::new()), ())
//! }
//!
//! durable_runtime::store_conformance!(make_store);
//! # }
//! ```
//!
//! The cases use times near zero of their own and never wait for a clock, except that
//! `changed_*` fail after ten seconds if the store does not ring.

pub(super) mod kit;

#[doc(hidden)]
pub mod children;
#[doc(hidden)]
pub mod claims;
#[doc(hidden)]
pub mod deleting;
#[doc(hidden)]
pub mod ids;
#[doc(hidden)]
pub mod messages;
#[doc(hidden)]
pub mod notes;
#[doc(hidden)]
pub mod owning;
#[doc(hidden)]
pub mod parking;
#[doc(hidden)]
pub mod pausing;
#[doc(hidden)]
pub mod places;
#[doc(hidden)]
pub mod reading;
#[doc(hidden)]
pub mod schedules;
#[doc(hidden)]
pub mod signals;
#[doc(hidden)]
pub mod starting;
#[doc(hidden)]
pub mod stepping;
#[doc(hidden)]
pub mod tags;
#[doc(hidden)]
pub mod task_claims;
#[doc(hidden)]
pub mod task_lines;
#[doc(hidden)]
pub mod tasks;
#[doc(hidden)]
pub mod turns;
#[doc(hidden)]
pub mod updates;

/// Expands to one `#[test]` per case. `$make` is called for each: an `async fn` without arguments
/// that answers `(Arc<dyn Store>, guard)`, an empty store and whatever must live as long. With
/// `store_conformance!(make, if there)` the cases do nothing unless `there()` is true: a server that a store
/// needs may be missing.
///
/// See [`store::conformance`](crate::store::conformance).
#[macro_export]
macro_rules! store_conformance {
    ($make:expr) => {
        $crate::store_conformance!($make, if || true);
    };
    ($make:expr, if $there:expr) => {
        $crate::store_conformance! { @cases $make, $there;
            starting: [
                a_start_waits_for_a_claim,
                a_second_start_answers_the_first,
                a_finished_id_stays_taken,
                a_born_owned_run_is_owned,
                a_taken_id_refuses_what_follows_in_the_batch,
                a_start_in_a_batch_may_wait_for_a_claim,
                a_start_for_another_owner_is_a_bug,
                a_born_owned_start_outside_a_batch_is_a_bug,
                a_run_number_is_used_once,
                a_taken_run_number_refuses_its_own_writes_alone,
            ],
            stepping: [
                steps_come_back_in_order,
                attempts_come_back_once_in_order,
                a_repeated_step_undoes_the_batch,
                a_message_is_consumed_once,
                strangers_are_refused,
                values_have_a_limit,
                frames_are_dropped_or_kept_at_the_end,
                every_end_is_for_ever,
                an_end_as_running_is_a_bug,
                a_continued_run_hands_over_its_messages,
                a_failed_run_may_be_followed_too,
                a_run_that_is_to_stop_is_not_tried_again,
                a_continued_run_hands_over_that_it_is_to_stop,
                a_continued_run_needs_a_successor,
            ],
            parking: [
                a_park_gives_the_run_away,
                a_park_is_refused_after_a_message,
                a_sleeper_is_due_at_its_time,
                an_idle_run_is_due_with_a_message,
                a_message_never_makes_a_run_later,
                a_blocked_run_is_not_claimed,
                unblock_goes_by_point_and_fingerprint,
            ],
            pausing: [
                a_paused_run_is_not_claimed,
                an_owner_is_told_of_a_pause,
                a_pause_that_ends_in_time_leaves_no_trace,
                a_cancel_ends_a_pause,
                a_dead_workers_run_stays_paused,
                a_run_that_goes_on_stays_paused,
                a_held_run_waits_for_somebody,
                what_has_ended_takes_no_pause,
            ],
            claims: [
                a_claim_takes_the_earliest_first,
                a_claim_filters_by_queue_and_point,
                unfit_kinds_are_left_to_others,
                a_claim_brings_all_that_is_needed,
                next_due_is_the_earliest_that_fits,
                a_stale_beat_writes_nothing,
                an_unknown_worker_writes_nothing,
                a_dead_worker_writes_nothing,
            ],
            turns: [
                a_claim_takes_higher_priorities_first,
                a_parked_run_keeps_its_priority,
                keys_have_their_turns,
                a_heavier_key_has_more_turns,
                a_key_saves_no_turns_up,
                priority_goes_before_fairness,
                a_start_joins_the_line_when_it_is_due,
                what_has_begun_goes_before_starts,
                nobody_is_born_owned_past_a_line,
                a_start_that_ends_leaves_the_line,
                a_batch_that_fails_moves_nobody_in_line,
                a_paused_start_rests_in_line,
                a_start_that_leaves_the_line_costs_its_key_nothing,
                settings_rearrange_only_what_they_concern,
            ],
            places: [
                at_most_so_many_are_under_way,
                limits_hold_at_once_for_what_has_begun,
                a_run_that_goes_on_keeps_its_place,
                a_key_is_under_way_so_often,
                the_first_of_a_key_in_line_makes_room_when_it_ends,
                a_key_goes_by_order_and_by_the_limit_of_each_start,
                a_delayed_start_holds_no_key,
                children_that_are_awaited_share_a_place,
                a_paused_queue_begins_nothing,
                so_many_begin_in_a_period,
                a_batch_that_fails_frees_no_place,
                queues_are_listed_by_name,
            ],
            notes: [
                a_note_takes_the_place_of_the_one_before,
                a_step_removes_the_notes_of_what_it_settles,
                a_note_removes_the_messages_that_it_consumes,
                notes_of_strangers_are_refused,
                a_heartbeat_that_nobody_has_read_makes_room_for_the_next,
            ],
            tasks: [
                a_task_is_claimed_by_one,
                a_task_is_claimed_by_queue_and_activity,
                a_claim_of_tasks_is_fenced,
                a_report_is_told_once,
                a_report_wakes_a_run_that_waits,
                only_the_owner_puts_tasks,
                a_task_goes_with_its_operation,
                tasks_end_with_their_runs,
                a_cancelled_task_stops_or_never_begins,
                what_a_retired_worker_had_can_be_claimed,
                what_a_dead_worker_had_is_lost,
                a_batch_that_fails_leaves_tasks_alone,
                queues_with_tasks_are_listed,
            ],
            task_claims: [
                tasks_of_a_paused_run_wait,
                tasks_of_a_paused_queue_wait,
                what_is_over_is_claimed_by_any_worker_and_first,
            ],
            task_lines: [
                tasks_go_by_priority,
                tasks_of_several_keys_have_their_turns,
                at_most_so_many_are_carried_out,
                the_places_of_a_dead_worker_are_free,
                at_most_so_many_tasks_of_a_key_are_carried_out,
                limits_of_tasks_change_at_any_time,
                attempts_on_a_queue_have_a_rate,
                a_paused_run_leaves_the_line_of_activities,
                limits_of_starts_are_not_those_of_activities,
                a_task_that_leaves_the_line_costs_its_key_nothing,
                a_limited_task_is_not_passed_by_unlimited_ones_of_its_key,
                no_returned_task_is_passed,
            ],
            owning: [
                a_worker_registers_once,
                a_beat_extends_the_lease,
                the_late_are_declared_dead,
                the_dead_are_listed_until_their_runs_are_taken,
                a_takeover_moves_runs_in_portions,
                a_takeover_from_the_living_is_a_bug,
                a_retired_worker_leaves_without_a_strike,
                strikes_count_deaths_without_progress,
                workers_are_listed_living_first,
                who_is_long_gone_is_forgotten,
            ],
            messages: [
                a_message_to_nobody_is_not_found,
                a_message_to_an_owned_run_is_mail,
                a_message_to_a_finished_run_says_so,
                a_repeated_message_is_absorbed,
                a_consumed_message_is_absorbed_too,
                messages_keep_their_order,
                a_terminate_ends_a_waiting_run,
                a_terminate_ends_a_blocked_run,
                a_terminate_of_an_owned_run_is_mail,
                a_run_takes_as_many_messages_as_it_may,
                a_message_to_one_run_is_told_once,
                what_a_run_has_taken_is_not_taken_by_those_after_it,
                what_a_workflow_has_sent_counts_once_for_an_id,
                a_message_to_one_run_does_not_follow_it,
                names_that_nobody_could_find_are_refused,
                a_run_takes_as_many_bytes_as_it_may,
                the_mail_of_one_run_is_all_of_its_own,
                a_terminated_run_keeps_its_latest_frame_alone,
            ],
            signals: [
                a_signal_keeps_its_name_and_value,
                a_start_brings_a_signal,
                a_signal_does_not_cut_a_delay_short_that_begins_with_it,
                a_start_that_finds_a_run_only_sends,
                a_start_that_finds_another_workflow_sends_it_nothing,
                a_start_that_finds_a_finished_run_changes_nothing,
                a_start_with_a_taken_number_sends_nothing,
            ],
            children: [
                an_end_is_told_to_the_parent,
                a_parent_that_waits_is_due_with_the_end_of_a_child,
                a_terminated_child_is_told_of,
                a_parent_that_has_ended_is_told_nothing,
                a_run_that_does_not_report_tells_nobody,
                a_continued_child_is_told_of_at_its_last_end,
                children_hear_of_the_end_by_their_policies,
                a_terminated_child_takes_its_own_with_it,
                a_client_that_terminates_a_run_reaches_its_children,
                a_continued_run_leaves_its_children_behind,
                a_child_whose_parent_has_ended_hears_of_it_at_once,
                a_batch_that_fails_leaves_the_family_alone,
            ],
            updates: [
                an_answer_is_kept_with_its_message,
                a_final_answer_stands,
                an_answer_to_nothing_changes_nothing,
                a_batch_that_fails_answers_nothing,
                what_is_unread_at_the_end_is_never_answered,
                an_answer_is_found_in_the_run_that_goes_on,
                an_answer_is_found_of_the_run_that_went_before,
                a_request_wakes_who_waits,
                what_was_published_stays_after_the_end,
            ],
            ids: [
                an_ended_id_is_used_again_if_the_policy_says_so,
                a_running_id_stays_taken_whatever_is_reused,
                an_id_is_taken_from_a_run_that_waits,
                an_owner_is_told_that_its_run_has_lost_its_id,
                the_family_of_a_replaced_run_hears_of_its_end,
                a_start_that_took_an_id_is_known_when_it_is_repeated,
                a_taken_number_leaves_the_id_where_it_is,
                a_batch_that_fails_gives_the_id_back,
                a_continued_run_leads_to_its_last,
            ],
            schedules: [
                a_schedule_is_written_where_its_version_is_expected,
                a_schedule_starts_and_sends_with_its_row,
                a_schedule_whose_start_is_taken_writes_nothing,
                the_end_of_its_run_is_told_to_a_schedule,
                a_terminated_run_is_told_to_its_schedule,
                a_continued_run_is_told_of_at_its_last_end,
                a_batch_that_fails_tells_no_schedule,
                a_deleted_schedule_leaves_its_runs_and_hears_nothing,
                schedules_come_by_id_and_by_time,
                a_schedule_has_limits,
            ],
            tags: [
                a_run_is_found_by_its_attributes,
                a_run_is_found_by_its_row,
                a_step_changes_attributes_and_memo,
                a_batch_that_fails_changes_no_attribute,
                attributes_have_limits,
                all_tags_together_have_a_limit,
            ],
            deleting: [
                what_runs_is_not_deleted,
                nothing_is_left_of_what_is_deleted,
                all_runs_of_an_id_are_deleted_together,
                children_go_with_their_parent_if_they_have_ended,
                what_ended_long_ago_expires_in_portions,
                workflows_expire_by_kind,
                a_child_stays_while_its_parent_runs,
            ],
            reading: [
                an_unknown_run_has_nothing,
                a_record_brings_back_what_was_given,
                a_list_has_pages_newest_first,
                a_list_has_filters,
                what_waits_in_a_queue_is_counted,
                changed_rings_for_a_start,
                changed_rings_for_a_message,
                changed_returns_in_time,
                a_closed_store_says_so,
            ],
        }
    };
    (@cases $make:expr, $there:expr; $($module:ident: [$($case:ident,)*],)*) => {
        $($(
            #[test]
            fn $case() {
                if !($there)() {
                    return;
                }
                $crate::store::conformance::run(async {
                    let (store, _guard) = ($make)().await;
                    $crate::store::conformance::$module::$case(&*store).await;
                });
            }
        )*)*

        /// Every case of the suite is in the list above.
        #[test]
        fn no_case_is_forgotten() {
            let listed = [$((stringify!($module), &[$(stringify!($case)),*] as &[&str])),*];
            $crate::store::conformance::compare(&listed);
        }
    };
}

/// Runs one case to its end.
#[doc(hidden)]
pub fn run(case: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for tests")
        .block_on(case);
}

/// Compares the macro's list with the cases that are written down.
#[doc(hidden)]
pub fn compare(listed: &[(&str, &[&str])]) {
    let sources = [
        ("starting", include_str!("starting.rs")),
        ("stepping", include_str!("stepping.rs")),
        ("parking", include_str!("parking.rs")),
        ("pausing", include_str!("pausing.rs")),
        ("claims", include_str!("claims.rs")),
        ("turns", include_str!("turns.rs")),
        ("places", include_str!("places.rs")),
        ("notes", include_str!("notes.rs")),
        ("tasks", include_str!("tasks.rs")),
        ("task_claims", include_str!("task_claims.rs")),
        ("task_lines", include_str!("task_lines.rs")),
        ("owning", include_str!("owning.rs")),
        ("messages", include_str!("messages.rs")),
        ("signals", include_str!("signals.rs")),
        ("children", include_str!("children.rs")),
        ("updates", include_str!("updates.rs")),
        ("ids", include_str!("ids.rs")),
        ("schedules", include_str!("schedules.rs")),
        ("tags", include_str!("tags.rs")),
        ("deleting", include_str!("deleting.rs")),
        ("reading", include_str!("reading.rs")),
    ];
    let written = sources.map(|(module, text)| {
        let name = |line: &str| {
            let rest = line.strip_prefix("pub async fn ")?;
            Some(rest.split('(').next()?.to_owned())
        };
        (module, text.lines().filter_map(name).collect::<Vec<_>>())
    });
    for ((module, listed), (file, written)) in listed.iter().zip(&written) {
        assert_eq!(
            (*module, listed.to_vec()),
            (*file, written.iter().map(String::as_str).collect())
        );
    }
    assert_eq!(listed.len(), written.len());
}
