"""Lists that are narrowed in every way, to be read on a large fixture."""

FILTERED = (
    'lessons(course: "{slug}", first: 5) {{ nodes {{ code }} }}',
    'lessons(course: "{slug}", page: 3, first: 5) {{ totalCount nodes {{ code }} }}',
    'trainings(course: "{slug}", first: 5) {{ nodes {{ name }} }}',
    "trainings(lessonLegacyId: 2000060, first: 5) {{ nodes {{ name }} }}",
    "trainingItems(trainingLegacyId: 2000160) {{ totalCount nodes {{ seq }} }}",
    "trainingItems(type: GAP_FILL, first: 5) {{ nodes {{ seq }} }}",
    'progressHistory(studentLegacyId: {student}, since: "2026-10-20") {{ totalCount nodes {{ xp }} }}',
    'progressHistory(studentLegacyId: {student}, course: "{slug}") {{ totalCount nodes {{ xp }} }}',
    "progressHistory(studentLegacyId: {student}, granularity: MONTH) {{ nodes {{ xp }} }}",
    'lessonProgress(studentLegacyId: {student}, course: "{slug}", first: 5) {{ nodes {{ state }} }}',
    "learner(studentLegacyId: {student}) {{ cefrHistory(skill: GRAMMAR) {{ level }} }}",
    'students(organizationCode: "L001", first: 5) {{ nodes {{ learner {{ activity {{ xp }} skills {{ level }} }} }} }}',
    'publicCourse(slug: "{slug}") {{ lessons {{ trainings {{ items {{ payload }} }} }} }}',
    'course(key: "{slug}") {{ enrollments(completed: false, first: 5) {{ nodes {{ id }} }} }}',
    "trainingItems(type: DICTATION) {{ nodes {{ seq }} }}",
    "webhook(legacyId: 2000000) {{ deliveries(status: DEAD, first: 5) {{ nodes {{ url }} }} }}",
    "xapiEndpoint(legacyId: 2000000) {{ statements(status: REJECTED, first: 5) {{ nodes {{ verb }} }} }}",
    'webhook(legacyId: 2000000) {{ deliveries(since: "2026-11-20T00:00:00Z", first: 5) {{ nodes {{ url }} }} }}',
    "ltiLaunch(legacyId: 2000000) {{ scores(status: FAILED, first: 5) {{ nodes {{ error }} }} }}",
    "ltiLaunches(platformLegacyId: 2000000, first: 5) {{ nodes {{ contextId }} }}",
    "ltiLaunches(studentLegacyId: {student}, first: 5) {{ nodes {{ contextId }} }}",
    "ltiScores(status: FAILED, first: 5) {{ nodes {{ error }} }}",
    "ltiScores(status: PENDING, first: 5) {{ nodes {{ error }} }}",
    "enrollments(completed: false, first: 5) {{ nodes {{ id }} }}",
    'enrollments(organizationCode: "L001", first: 5) {{ nodes {{ id }} }}',
    'enrollments(course: "{slug}", first: 5) {{ nodes {{ id }} }}',
    'learnerProgress(organizationCode: "L001", first: 5) {{ nodes {{ percent }} }}',
    'learnerProgress(updatedFrom: "2026-10-01T00:00:00Z", first: 5) {{ nodes {{ percent student {{ uid }} }} }}',
    'learnerActivity(organizationCode: "L001", first: 5) {{ nodes {{ xp }} }}',
    'learnerActivity(since: "2026-10-20", first: 5) {{ nodes {{ xp student {{ uid }} }} }}',
    'learnerActivity(since: "2026-10-20", until: "2026-10-21", first: 5) {{ nodes {{ xp student {{ uid }} }} }}',
    'learnerActivity(organizationCode: "L001", since: "2026-10-30", first: 5) {{ nodes {{ xp }} }}',
    'learnerActivity(course: "{slug}", since: "2026-10-20", first: 5) {{ nodes {{ xp }} }}',
)
OF_ONE = (
    "exports(type: ACTIVITY, first: 5) {{ nodes {{ format }} }}",
    "exports(status: COMPLETED, first: 5) {{ nodes {{ downloadPath }} }}",
)
FILTERED_FOR_STUDENTS = (
    "ltiLaunches(first: 5) {{ nodes {{ contextId course {{ code }} }} }}",
    "ltiLaunches(first: 5) {{ nodes {{ progress {{ percent }} }} }}",
    "ltiScores(first: 5) {{ nodes {{ scoreGiven launch {{ contextId }} }} }}",
)
FILTERED_FOR_OPERATORS = (
    'collectedUsage(source: "u0002", first: 5) {{ totalCount nodes {{ uid student {{ code }} }} }}',
    'collectedUsage(uid: "{uid}", first: 5) {{ nodes {{ source }} }}',
    'collectedUsage(source: "u0000", createdFrom: "2026-11-21T19:50:00Z", first: 5) {{ totalCount nodes {{ uid }} }}',
    'collectedUsage(createdFrom: "2026-11-21T19:50:00Z") {{ totalCount nodes {{ uid }} }}',
    'upstream(legacyId: 2000000) {{ records(createdFrom: "2026-11-21T19:50:00Z") {{ nodes {{ uid }} }} }}',
)
